package online.hypermesh.trustchain.api.certificates;

import java.util.OptionalLong;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/** Payload of a transaction to the ledger module {@value CertificateRecord#MODULE}. */
public sealed interface CertificateInstruction {
    /**
     * Records a leaf that the sender issued; only founding validators may.
     *
     * @param entryHash hash of the leaf's log entry
     * @param record what to record, not revoked
     */
    record RecordLeaf(Digest entryHash, CertificateRecord record) implements CertificateInstruction {}

    /**
     * Revokes a recorded leaf; its issuer, its subject and the network's operators may.
     *
     * @param issuer the validator that issued it
     * @param entryHash hash of the leaf's log entry
     */
    record RevokeLeaf(NodeId issuer, Digest entryHash) implements CertificateInstruction {}

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    default byte[] encode() {
        CborWriter w = new CborWriter(192).array(3);
        if (this instanceof RecordLeaf r) {
            w.uint(1)
                    .bytes(r.entryHash().toBytes())
                    .array(6)
                    .bytes(r.record().subject().digest().toBytes())
                    .bytes(r.record().serial())
                    .uint(r.record().notBeforeMillis())
                    .uint(r.record().notAfterMillis())
                    .uint(r.record().logIndex())
                    .bytes(r.record().logRoot().toBytes());
        } else if (this instanceof RevokeLeaf v) {
            w.uint(2).bytes(v.entryHash().toBytes()).bytes(v.issuer().digest().toBytes());
        }
        return w.toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the instruction
     * @throws CborException if they are not canonical
     * @throws IllegalArgumentException if a value is out of range
     */
    static CertificateInstruction decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(3);
        int kind = r.uint(255);
        Digest entryHash = Digest.of(r.fixedBytes(Digest.LENGTH));
        CertificateInstruction instruction;
        if (kind == 1) {
            r.expectArray(6);
            instruction = new RecordLeaf(
                    entryHash,
                    new CertificateRecord(
                            new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH))),
                            r.bytes(20),
                            r.uint(),
                            r.uint(),
                            r.uint(),
                            Digest.of(r.fixedBytes(Digest.LENGTH)),
                            OptionalLong.empty()));
        } else if (kind == 2) {
            instruction = new RevokeLeaf(new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH))), entryHash);
        } else {
            throw new CborException("certificate instruction is " + kind + ", expected 1 or 2");
        }
        r.end();
        return instruction;
    }
}
