package online.hypermesh.trustchain.api.certificates;

import java.util.OptionalLong;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * What the ledger knows about a leaf. Its finalized presence is what makes the leaf count from Phase 2 on. Immutable.
 *
 * @param subject the node the leaf speaks for
 * @param serial the leaf's serial number, 8..20 bytes, unsigned big-endian without leading zero
 * @param notBeforeMillis start of validity, milliseconds since 1970
 * @param notAfterMillis end of validity
 * @param logIndex index of the leaf's entry in its issuer's log
 * @param logRoot root of the issuer's log that covers the entry
 * @param revokedAtMillis block time of its revocation, if revoked
 */
public record CertificateRecord(
        NodeId subject,
        byte[] serial,
        long notBeforeMillis,
        long notAfterMillis,
        long logIndex,
        Digest logRoot,
        OptionalLong revokedAtMillis) {
    /** Name of the ledger module that holds these records. */
    public static final String MODULE = "certificates";

    private static final String ENTRY_TAG = "hypermesh/leaf-entry/v1";

    /**
     * Checks ranges and copies the serial.
     *
     * @param subject the node
     * @param serial 8..20 bytes without leading zero
     * @param notBeforeMillis start
     * @param notAfterMillis end, later than the start
     * @param logIndex at least 0
     * @param logRoot covering root
     * @param revokedAtMillis revocation, if any
     */
    public CertificateRecord {
        serial = serial.clone();
        if (serial.length < 8 || serial.length > 20 || serial[0] == 0) {
            throw new IllegalArgumentException(
                    "a serial has 8..20 bytes and no leading zero, got " + serial.length + " bytes");
        }
        if (notBeforeMillis < 0 || notAfterMillis <= notBeforeMillis) {
            throw new IllegalArgumentException(
                    "validity must end after its start, was " + notBeforeMillis + ".." + notAfterMillis);
        }
        if (logIndex < 0) {
            throw new IllegalArgumentException("log index must be >= 0, was " + logIndex);
        }
    }

    /**
     * The leaf's serial number.
     *
     * @return a fresh array
     */
    @Override
    public byte[] serial() {
        return serial.clone();
    }

    /**
     * The log entry of a leaf: {@code [tag, TBSCertificate]}. It is complete before the leaf is signed.
     *
     * @param tbsCertificate the leaf's to-be-signed part, DER
     * @return canonical bytes
     */
    public static byte[] logEntry(byte[] tbsCertificate) {
        return new CborWriter(tbsCertificate.length + 40)
                .array(2)
                .text(ENTRY_TAG)
                .bytes(tbsCertificate)
                .toBytes();
    }

    /**
     * Hash of a leaf's log entry, as it stands in the issuer's log.
     *
     * @param tbsCertificate the leaf's to-be-signed part, DER
     * @return the Merkle leaf hash of {@link #logEntry}
     */
    public static Digest entryHash(byte[] tbsCertificate) {
        return MerkleTree.leafHash(logEntry(tbsCertificate));
    }

    /**
     * Key of a leaf's record in the module's state. The issuer is part of it, so that nobody occupies another's key.
     *
     * @param issuer node identity of the issuing validator
     * @param entryHash hash of the leaf's log entry
     * @return 64 bytes, issuer ‖ entry hash
     */
    public static byte[] key(NodeId issuer, Digest entryHash) {
        byte[] key = new byte[2 * Digest.LENGTH];
        System.arraycopy(issuer.digest().toBytes(), 0, key, 0, Digest.LENGTH);
        System.arraycopy(entryHash.toBytes(), 0, key, Digest.LENGTH, Digest.LENGTH);
        return key;
    }

    /**
     * The same record, revoked.
     *
     * @param atMillis block time of the revocation
     * @return the record
     */
    public CertificateRecord revoked(long atMillis) {
        return new CertificateRecord(
                subject, serial, notBeforeMillis, notAfterMillis, logIndex, logRoot, OptionalLong.of(atMillis));
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(128)
                .array(8)
                .uint(1)
                .bytes(subject.digest().toBytes())
                .bytes(serial)
                .uint(notBeforeMillis)
                .uint(notAfterMillis)
                .uint(logIndex)
                .bytes(logRoot.toBytes());
        revokedAtMillis.ifPresentOrElse(w::uint, w::nil);
        return w.toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the record
     * @throws online.hypermesh.stoq.base.cbor.CborException if they are not canonical
     */
    public static CertificateRecord decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(8).expect(1, "certificate record version");
        CertificateRecord record = new CertificateRecord(
                new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH))),
                r.bytes(20),
                r.uint(),
                r.uint(),
                r.uint(),
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                r.nil() ? OptionalLong.empty() : OptionalLong.of(r.uint()));
        r.end();
        return record;
    }
}
