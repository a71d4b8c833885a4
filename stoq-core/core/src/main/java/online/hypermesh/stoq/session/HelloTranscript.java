package online.hypermesh.stoq.session;

import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.id.NodeId;

/** What the two sides of the hello prove, and what their keys depend on: every byte that was exchanged. */
final class HelloTranscript {
    private static final DomainTag TAG = new DomainTag("stoq/transcript/v1");

    private HelloTranscript() {}

    /** What the client proves: both identities, and what both sides said so far. */
    static byte[] clientStatement(int version, NodeId client, NodeId server, byte[] challengeFrame, byte[] clientCore) {
        return new CborWriter(192)
                .array(6)
                .uint(version)
                .text(StoqProtocol.ALPN)
                .bytes(client.digest().toBytes())
                .bytes(server.digest().toBytes())
                .bytes(Digest.sha256(challengeFrame).toBytes())
                .bytes(Digest.sha256(clientCore).toBytes())
                .toBytes();
    }

    /** What the server proves: the same, and its own part. */
    static byte[] serverStatement(
            int version,
            NodeId client,
            NodeId server,
            byte[] challengeFrame,
            byte[] clientHelloFrame,
            byte[] serverCore) {
        return new CborWriter(224)
                .array(7)
                .uint(version)
                .text(StoqProtocol.ALPN)
                .bytes(client.digest().toBytes())
                .bytes(server.digest().toBytes())
                .bytes(Digest.sha256(challengeFrame).toBytes())
                .bytes(Digest.sha256(clientHelloFrame).toBytes())
                .bytes(Digest.sha256(serverCore).toBytes())
                .toBytes();
    }

    /** What the keys of sealed streams depend on. */
    static Digest hash(byte[] challengeFrame, byte[] clientHelloFrame, byte[] serverHelloFrame) {
        return Hashing.hash(
                TAG,
                new CborWriter(128)
                        .array(3)
                        .bytes(Digest.sha256(challengeFrame).toBytes())
                        .bytes(Digest.sha256(clientHelloFrame).toBytes())
                        .bytes(Digest.sha256(serverHelloFrame).toBytes())
                        .toBytes());
    }
}
