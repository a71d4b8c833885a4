package online.hypermesh.impl.seal;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * A data key wrapped to each of 1..32 recipients, signed by its author. It stands beside what the key seals and is no part
 * of its id: adding a recipient makes an envelope of the next sequence number and changes nothing else. Leaving a recipient
 * out of a later envelope affects later reads of that envelope only, never what was readable before. Immutable.
 *
 * @param network the network
 * @param subject id of what the key opens
 * @param author who wrapped it
 * @param sequence increases with every envelope of one subject; 0 for the first
 * @param stanzas one wrapped key per recipient
 * @param signature by the author over everything above
 */
public record Envelope(
        NetworkId network, Digest subject, VerifyKey author, long sequence, List<Stanza> stanzas, Signature signature) {
    /** Most recipients. */
    public static final int MAX_RECIPIENTS = 32;

    /** Largest encoded envelope in bytes. */
    public static final int MAX_BYTES = 40_960;

    private static final DomainTag SIGN_TAG = new DomainTag("hypermesh/envelope/v1");
    private static final String WRAP_INFO = "hypermesh/wrap/v1";
    private static final int VERSION = 1;
    private static final int SUITE = 2026;

    /**
     * The key as one recipient can open it.
     *
     * @param hint {@link RecipientPublicKey#hint()} of the recipient
     * @param encapsulation X-Wing ciphertext, 1120 bytes
     * @param wrapped the key under AES-256-GCM, 48 bytes
     */
    public record Stanza(byte[] hint, byte[] encapsulation, byte[] wrapped) {
        /**
         * Checks lengths and copies.
         *
         * @param hint 8 bytes
         * @param encapsulation 1120 bytes
         * @param wrapped 48 bytes
         */
        public Stanza {
            if (hint.length != RecipientPublicKey.HINT_BYTES
                    || encapsulation.length != KeyWrap.ENCAPSULATION_BYTES
                    || wrapped.length != KeyWrap.WRAPPED_BYTES) {
                throw new IllegalArgumentException("a stanza has 8 + 1120 + 48 bytes, got " + hint.length + " + "
                        + encapsulation.length + " + " + wrapped.length);
            }
            hint = hint.clone();
            encapsulation = encapsulation.clone();
            wrapped = wrapped.clone();
        }

        @Override
        public byte[] hint() {
            return hint.clone();
        }

        @Override
        public byte[] encapsulation() {
            return encapsulation.clone();
        }

        @Override
        public byte[] wrapped() {
            return wrapped.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Stanza s
                    && Arrays.equals(hint, s.hint)
                    && Arrays.equals(encapsulation, s.encapsulation)
                    && Arrays.equals(wrapped, s.wrapped);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(wrapped);
        }
    }

    /**
     * Checks the number of recipients and the sequence number.
     *
     * @param network the network
     * @param subject id of what the key opens
     * @param author who wrapped it
     * @param sequence at least 0
     * @param stanzas 1..32
     * @param signature by the author
     */
    public Envelope {
        stanzas = List.copyOf(stanzas);
        if (stanzas.isEmpty() || stanzas.size() > MAX_RECIPIENTS) {
            throw new IllegalArgumentException(
                    "an envelope has 1.." + MAX_RECIPIENTS + " recipients, got " + stanzas.size());
        }
        if (sequence < 0) {
            throw new IllegalArgumentException("sequence must be >= 0, was " + sequence);
        }
    }

    /**
     * Wraps a key to recipients and signs the result.
     *
     * @param network the network
     * @param subject id of what the key opens
     * @param author who signs
     * @param recipients 1..32 recipients
     * @param dataKey 32 secret bytes
     * @param random for the encapsulations
     * @return an envelope of sequence number 0
     */
    public static Envelope seal(
            NetworkId network,
            Digest subject,
            SigningKey author,
            List<RecipientPublicKey> recipients,
            SecretBytes dataKey,
            SecureRandom random) {
        List<Stanza> stanzas = new ArrayList<>();
        for (RecipientPublicKey recipient : recipients) {
            stanzas.add(stanza(network, subject, recipient, dataKey, random));
        }
        return sign(network, subject, author, 0, stanzas);
    }

    /**
     * The next envelope, with one more recipient.
     *
     * @param author who signs; the same author
     * @param recipient whom to add
     * @param dataKey the wrapped key, as {@link #open} gave it
     * @param random for the encapsulation
     * @return an envelope of the next sequence number
     */
    public Envelope withRecipient(
            SigningKey author, RecipientPublicKey recipient, SecretBytes dataKey, SecureRandom random) {
        if (!author.verifyKey().equals(this.author)) {
            throw new IllegalArgumentException("only the author " + this.author + " extends its envelope");
        }
        List<Stanza> more = new ArrayList<>(stanzas);
        more.add(stanza(network, subject, recipient, dataKey, random));
        return sign(network, subject, author, sequence + 1, more);
    }

    /**
     * Whether the author signed it.
     *
     * @return accepted, or INVALID_SIGNATURE
     */
    public Verdict verify() {
        return author.verify(SIGN_TAG, network, body(subject, author, sequence, stanzas), signature)
                ? Verdict.ACCEPTED
                : Verdict.rejected(Code.INVALID_SIGNATURE, "the author's signature on the envelope does not hold");
    }

    /**
     * Opens the wrapped key. The caller verifies the envelope first.
     *
     * @param recipient whose key
     * @return the key; the caller destroys it
     * @throws HypermeshException DENIED when no stanza is for this recipient
     */
    public SecretBytes open(RecipientKey recipient) {
        byte[] hint = recipient.publicKey().hint();
        byte[] info = info(network, subject);
        for (Stanza stanza : stanzas) {
            if (!Arrays.equals(hint, stanza.hint)) {
                continue;
            }
            return KeyWrap.unwrap(recipient, info, stanza.encapsulation, stanza.wrapped)
                    .orElseThrow(() -> new HypermeshException(
                            Code.DENIED,
                            Retry.NEVER,
                            "The stanza marked for " + recipient.publicKey() + " does not open with its key"));
        }
        throw new HypermeshException(
                Code.DENIED,
                Retry.NEVER,
                recipient.publicKey() + " is not among the " + stanzas.size() + " recipients of " + subject
                        + ". Ask its owner to add you");
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        return new CborWriter(160 + stanzas.size() * 1200)
                .array(4)
                .uint(VERSION)
                .bytes(network.digest().toBytes())
                .encoded(body(subject, author, sequence, stanzas))
                .bytes(signature.toBytes())
                .toBytes();
    }

    /**
     * Reads canonical bytes; the signature is not checked.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the envelope
     * @throws online.hypermesh.stoq.base.cbor.CborException if the bytes are not canonical
     * @throws IllegalArgumentException if a value is out of range
     */
    public static Envelope decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(4).expect(VERSION, "envelope version");
        NetworkId network = new NetworkId(Digest.of(r.fixedBytes(Digest.LENGTH)));
        r.expectArray(5).expect(SUITE, "suite");
        Digest subject = Digest.of(r.fixedBytes(Digest.LENGTH));
        VerifyKey author = VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH));
        long sequence = r.uint();
        List<Stanza> stanzas = r.list(MAX_RECIPIENTS, i -> {
            i.expectArray(3);
            return new Stanza(
                    i.fixedBytes(RecipientPublicKey.HINT_BYTES),
                    i.fixedBytes(KeyWrap.ENCAPSULATION_BYTES),
                    i.fixedBytes(KeyWrap.WRAPPED_BYTES));
        });
        Signature signature = Signature.of(r.fixedBytes(Signature.LENGTH));
        r.end();
        return new Envelope(network, subject, author, sequence, stanzas, signature);
    }

    private static Envelope sign(
            NetworkId network, Digest subject, SigningKey author, long sequence, List<Stanza> stanzas) {
        byte[] body = body(subject, author.verifyKey(), sequence, stanzas);
        return new Envelope(
                network, subject, author.verifyKey(), sequence, stanzas, author.sign(SIGN_TAG, network, body));
    }

    private static Stanza stanza(
            NetworkId network, Digest subject, RecipientPublicKey recipient, SecretBytes dataKey, SecureRandom random) {
        KeyWrap.Wrapped wrapped = KeyWrap.wrap(recipient, info(network, subject), dataKey, random);
        return new Stanza(recipient.hint(), wrapped.encapsulation(), wrapped.wrapped());
    }

    private static byte[] info(NetworkId network, Digest subject) {
        return new CborWriter()
                .array(4)
                .text(WRAP_INFO)
                .uint(SUITE)
                .bytes(network.digest().toBytes())
                .bytes(subject.toBytes())
                .toBytes();
    }

    private static byte[] body(Digest subject, VerifyKey author, long sequence, List<Stanza> stanzas) {
        return new CborWriter(128 + stanzas.size() * 1200)
                .array(5)
                .uint(SUITE)
                .bytes(subject.toBytes())
                .bytes(author.toBytes())
                .uint(sequence)
                .list(
                        stanzas,
                        (o, s) ->
                                o.array(3).bytes(s.hint).bytes(s.encapsulation).bytes(s.wrapped))
                .toBytes();
    }
}
