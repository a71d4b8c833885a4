package online.hypermesh.stoq.base.crypto;

import online.hypermesh.stoq.base.cbor.CborWriter;

/** The one shape of everything that is signed: the canonical array {@code [tag, network, body]}. */
final class SignedText {
    private SignedText() {}

    static byte[] of(DomainTag tag, SigningScope network, byte[] body) {
        return new CborWriter(body.length + 120)
                .array(3)
                .text(tag.name())
                .bytes(network.digest().toBytes())
                .bytes(body)
                .toBytes();
    }
}
