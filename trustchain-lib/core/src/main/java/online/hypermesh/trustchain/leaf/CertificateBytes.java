package online.hypermesh.trustchain.leaf;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.certificates.CertificateRecord;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.TBSCertificate;

/** Certificates as bytes: encoding, signing with Ed25519 (RFC 8410), parsing. Thread-safe. */
public final class CertificateBytes {
    /** Object identifier of Ed25519 (RFC 8410 §3). */
    public static final String ED25519_OID = "1.3.101.112";

    /** Algorithm of issuer signatures. */
    public static final AlgorithmIdentifier ED25519 = new AlgorithmIdentifier(new ASN1ObjectIdentifier(ED25519_OID));

    private CertificateBytes() {}

    /**
     * DER of a value made in memory.
     *
     * @param value the value
     * @return its encoding
     */
    public static byte[] der(ASN1Encodable value) {
        try {
            return value.toASN1Primitive().getEncoded(ASN1Encoding.DER);
        } catch (IOException e) {
            throw new UncheckedIOException("a value in memory has no DER", e);
        }
    }

    /**
     * Signs a certificate.
     *
     * @param tbs what is signed
     * @param issuerKey the key
     * @return the certificate, DER
     */
    public static byte[] sign(TBSCertificate tbs, SigningKey issuerKey) {
        byte[] signature = issuerKey.signRaw(der(tbs)).toBytes();
        return der(new DERSequence(new ASN1Encodable[] {tbs, ED25519, new DERBitString(signature)}));
    }

    /**
     * Parses a certificate.
     *
     * @param der its bytes
     * @return the certificate
     * @throws TrustchainException MALFORMED
     */
    public static X509Certificate parse(byte[] der) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (CertificateException e) {
            throw new TrustchainException(
                    TrustchainException.Code.MALFORMED,
                    Retry.NEVER,
                    "the certificate of " + der.length + " bytes cannot be read: " + e.getMessage(),
                    e);
        }
    }

    /**
     * The part of a certificate that is signed.
     *
     * @param certificate the certificate
     * @return DER
     * @throws TrustchainException MALFORMED
     */
    public static byte[] tbs(X509Certificate certificate) {
        try {
            return certificate.getTBSCertificate();
        } catch (CertificateEncodingException e) {
            throw new TrustchainException(
                    TrustchainException.Code.MALFORMED,
                    Retry.NEVER,
                    "the certificate cannot be encoded: " + e.getMessage(),
                    e);
        }
    }

    /**
     * Hash of a leaf's log entry.
     *
     * @param leaf the leaf
     * @return the hash
     */
    public static Digest entryHash(X509Certificate leaf) {
        return CertificateRecord.entryHash(tbs(leaf));
    }

    /**
     * A serial number as the ledger records it.
     *
     * @param certificate the certificate, its serial positive
     * @return unsigned big-endian bytes without leading zero
     */
    public static byte[] serial(X509Certificate certificate) {
        byte[] signed = certificate.getSerialNumber().toByteArray();
        return signed[0] == 0 ? Arrays.copyOfRange(signed, 1, signed.length) : signed;
    }

    /**
     * An Ed25519 key in X.509's form.
     *
     * @param key the key
     * @return its SubjectPublicKeyInfo
     */
    public static SubjectPublicKeyInfo spki(VerifyKey key) {
        return new SubjectPublicKeyInfo(ED25519, key.toBytes());
    }

    /**
     * Identifier of an issuer key (RFC 7093 §2, method 1).
     *
     * @param key the key
     * @return the leftmost 160 bits of SHA-256 over the key
     */
    public static byte[] keyIdentifier(VerifyKey key) {
        return Arrays.copyOf(Digest.sha256(key.toBytes()).toBytes(), 20);
    }
}
