package online.hypermesh.impl.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;

class EnvelopeTests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final Digest SUBJECT = Digest.sha256(new byte[] {2});
    private final SecureRandom random = new SecureRandom();
    private final SigningKey author = SigningKey.generate(random);
    private final RecipientKey alice = RecipientKey.generate(random);
    private final RecipientKey bob = RecipientKey.generate(random);
    private final SecretBytes key =
            SecretBytes.copyOf(Digest.sha256(new byte[] {3}).toBytes());

    @Test
    void everyRecipientOpensTheSameKey() {
        Envelope e = Envelope.seal(NETWORK, SUBJECT, author, List.of(alice.publicKey(), bob.publicKey()), key, random);
        assertThat(e.verify().accepted()).isTrue();
        assertThat(e.open(alice)).isEqualTo(key);
        assertThat(e.open(bob)).isEqualTo(key);
    }

    @Test
    void aStrangerIsDenied() {
        Envelope e = Envelope.seal(NETWORK, SUBJECT, author, List.of(alice.publicKey()), key, random);
        denied(() -> e.open(bob));
    }

    @Test
    void addingARecipientKeepsSubjectAndOldStanzas() {
        Envelope first = Envelope.seal(NETWORK, SUBJECT, author, List.of(alice.publicKey()), key, random);
        Envelope second = first.withRecipient(author, bob.publicKey(), first.open(alice), random);
        assertThat(second.subject()).isEqualTo(first.subject());
        assertThat(second.sequence()).isEqualTo(1);
        assertThat(second.stanzas()).startsWith(first.stanzas().get(0));
        assertThat(second.verify().accepted()).isTrue();
        assertThat(second.open(bob)).isEqualTo(key);
        assertThatThrownBy(() -> first.withRecipient(SigningKey.generate(random), bob.publicKey(), key, random))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aStanzaMovedToAnotherSubjectOrNetworkDoesNotOpen() {
        Envelope e = Envelope.seal(NETWORK, SUBJECT, author, List.of(alice.publicKey()), key, random);
        Digest other = Digest.sha256(new byte[] {9});
        Envelope moved = new Envelope(NETWORK, other, e.author(), 0, e.stanzas(), e.signature());
        assertThat(moved.verify().accepted()).isFalse();
        denied(() -> moved.open(alice));
        Envelope abroad = new Envelope(new NetworkId(other), SUBJECT, e.author(), 0, e.stanzas(), e.signature());
        assertThat(abroad.verify().accepted()).isFalse();
        denied(() -> abroad.open(alice));
    }

    @Test
    void encodingIsCanonicalAndReversible() {
        Envelope e = Envelope.seal(NETWORK, SUBJECT, author, List.of(alice.publicKey(), bob.publicKey()), key, random);
        byte[] bytes = e.encode();
        assertThat(Envelope.decode(bytes)).isEqualTo(e);
        assertThat(Envelope.decode(bytes).encode()).isEqualTo(bytes);
        for (int n = 0; n < bytes.length; n += 37) {
            byte[] cut = java.util.Arrays.copyOf(bytes, n);
            assertThatThrownBy(() -> Envelope.decode(cut)).isInstanceOf(CborException.class);
        }
    }

    @Test
    void recipientsAreLimited() {
        List<Envelope.Stanza> stanzas = new ArrayList<>(
                Collections.nCopies(33, new Envelope.Stanza(new byte[8], new byte[1120], new byte[48])));
        Envelope e = Envelope.seal(NETWORK, SUBJECT, author, List.of(alice.publicKey()), key, random);
        assertThatThrownBy(() -> new Envelope(NETWORK, SUBJECT, e.author(), 0, stanzas, e.signature()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("33");
        assertThatThrownBy(() -> new Envelope(NETWORK, SUBJECT, e.author(), 0, List.of(), e.signature()))
                .isInstanceOf(IllegalArgumentException.class);
        stanzas.remove(0);
        assertThat(new Envelope(NETWORK, SUBJECT, e.author(), 0, stanzas, e.signature()).encode())
                .hasSizeLessThanOrEqualTo(Envelope.MAX_BYTES);
    }

    @Test
    void theSeedDeterminesThePairAsInTheXWingDraft() {
        byte[] seed = HexFormat.of().parseHex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26");
        RecipientKey pair = RecipientKey.fromSeed(seed);
        assertThat(HexFormat.of().formatHex(pair.publicKey().toBytes())).startsWith("e2236b35a8c24b39b10aa1323a96a919");
        assertThat(RecipientKey.fromSeed(seed).publicKey()).isEqualTo(pair.publicKey());
        assertThat(pair.toString()).doesNotContain("7f9c2ba4");
        pair.close();
        Envelope e = Envelope.seal(NETWORK, SUBJECT, author, List.of(pair.publicKey()), key, random);
        assertThatThrownBy(() -> e.open(pair)).isInstanceOf(IllegalStateException.class);
    }

    private static void denied(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.DENIED));
    }
}
