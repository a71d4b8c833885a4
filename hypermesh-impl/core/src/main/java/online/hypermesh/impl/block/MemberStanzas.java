package online.hypermesh.impl.block;

import java.security.SecureRandom;
import online.hypermesh.api.block.KeyStanza;
import online.hypermesh.api.block.SealedHeader;
import online.hypermesh.impl.seal.KeyWrap;
import online.hypermesh.impl.seal.RecipientPublicKey;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.id.NetworkId;

/** What stanzas to single recipients are bound to (HPKE's info, RFC 9180 §5). Thread-safe. */
final class MemberStanzas {
    private static final String BLOCK_WRAP = "hypermesh/block-wrap/v1";
    private static final String MEMBER_WRAP = "hypermesh/group-member-wrap/v1";

    private MemberStanzas() {}

    static byte[] blockInfo(NetworkId network, Digest block) {
        return new CborWriter()
                .array(4)
                .text(BLOCK_WRAP)
                .uint(SealedHeader.SUITE_2026)
                .bytes(network.digest().toBytes())
                .bytes(block.toBytes())
                .toBytes();
    }

    static byte[] memberInfo(NetworkId network, Digest group, long epoch) {
        return new CborWriter()
                .array(5)
                .text(MEMBER_WRAP)
                .uint(SealedHeader.SUITE_2026)
                .bytes(network.digest().toBytes())
                .bytes(group.toBytes())
                .uint(epoch)
                .toBytes();
    }

    static KeyStanza.ForRecipient wrap(
            RecipientPublicKey recipient, byte[] info, SecretBytes key, SecureRandom random) {
        KeyWrap.Wrapped wrapped = KeyWrap.wrap(recipient, info, key, random);
        return new KeyStanza.ForRecipient(recipient.hint(), wrapped.encapsulation(), wrapped.wrapped());
    }
}
