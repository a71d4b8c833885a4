package online.hypermesh.stoq.kwik;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.KeyStoreSpi;
import java.security.NoSuchProviderException;
import java.security.Principal;
import java.security.PublicKey;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.Date;
import java.util.Enumeration;
import java.util.Set;
import java.util.function.Supplier;
import online.hypermesh.stoq.spi.TlsIdentity;
import org.jspecify.annotations.Nullable;

/**
 * A key store whose one entry is the leaf of the moment. Kwik reads its key store once and keeps what it finds; what it
 * finds here is a certificate that asks for the current identity whenever it is encoded, and a key that signs with the
 * identity last encoded on the same thread. Kwik runs every server connection's handshake on a thread of that connection
 * alone, so certificate and signature belong together, and the connection can be told which leaf it presented. Thread-safe.
 */
final class PresentedLeaf {
    static final String ALIAS = "leaf";
    static final String CURVE = "secp256r1";

    private final Supplier<TlsIdentity> identities;
    private final ThreadLocal<@Nullable TlsIdentity> presented = new ThreadLocal<>();

    PresentedLeaf(Supplier<TlsIdentity> identities) {
        this.identities = identities;
    }

    /** The identity that the handshake on this thread presented, or null if it presented none. */
    @Nullable
    TlsIdentity onThisThread() {
        return presented.get();
    }

    private TlsIdentity presentNow() {
        TlsIdentity identity = identities.get();
        presented.set(identity);
        return identity;
    }

    TlsIdentity presenting() {
        TlsIdentity identity = presented.get();
        if (identity == null) {
            throw new IllegalStateException("no leaf was presented on this thread");
        }
        return identity;
    }

    KeyStore keyStore() {
        try {
            KeyStore store = new LeafStore(new Entry());
            store.load(null, null);
            return store;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("a key store without a file failed to load", e);
        }
    }

    private static final class LeafStore extends KeyStore {
        LeafStore(KeyStoreSpi entry) throws NoSuchProviderException {
            super(entry, Security.getProviders()[0], "stoq-leaf");
        }
    }

    private final class Entry extends KeyStoreSpi {
        private final Leaf leaf = new Leaf();
        private final LeafKey key = new LeafKey(PresentedLeaf.this);

        @Override
        public @Nullable Key engineGetKey(String alias, char[] password) {
            return alias.equals(ALIAS) ? key : null;
        }

        @Override
        public Certificate @Nullable [] engineGetCertificateChain(String alias) {
            return alias.equals(ALIAS) ? new Certificate[] {leaf} : null;
        }

        @Override
        public @Nullable Certificate engineGetCertificate(String alias) {
            return alias.equals(ALIAS) ? leaf : null;
        }

        @Override
        public @Nullable Date engineGetCreationDate(String alias) {
            return null;
        }

        @Override
        public void engineSetKeyEntry(String alias, Key added, char[] password, Certificate[] chain) {
            throw readOnly();
        }

        @Override
        public void engineSetKeyEntry(String alias, byte[] added, Certificate[] chain) {
            throw readOnly();
        }

        @Override
        public void engineSetCertificateEntry(String alias, Certificate certificate) {
            throw readOnly();
        }

        @Override
        public void engineDeleteEntry(String alias) {
            throw readOnly();
        }

        @Override
        public Enumeration<String> engineAliases() {
            return Collections.enumeration(Set.of(ALIAS));
        }

        @Override
        public boolean engineContainsAlias(String alias) {
            return alias.equals(ALIAS);
        }

        @Override
        public int engineSize() {
            return 1;
        }

        @Override
        public boolean engineIsKeyEntry(String alias) {
            return alias.equals(ALIAS);
        }

        @Override
        public boolean engineIsCertificateEntry(String alias) {
            return false;
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // the one object that stands for every leaf
        public @Nullable String engineGetCertificateAlias(Certificate certificate) {
            return certificate instanceof Leaf ? ALIAS : null;
        }

        @Override
        public void engineStore(OutputStream stream, char[] password) {
            throw readOnly();
        }

        @Override
        public void engineLoad(@Nullable InputStream stream, char @Nullable [] password) {}

        private UnsupportedOperationException readOnly() {
            return new UnsupportedOperationException("the leaf comes from the certificate source");
        }
    }

    /** Stands for whatever leaf is current when it is encoded; everything else is told of the one on this thread. */
    private final class Leaf extends X509Certificate {
        private static final long serialVersionUID = 1L;

        private X509Certificate now() {
            TlsIdentity identity = presented.get();
            return (identity == null ? identities.get() : identity).chain().get(0);
        }

        @Override
        public byte[] getEncoded() throws CertificateEncodingException {
            return presentNow().chain().get(0).getEncoded();
        }

        @Override
        public PublicKey getPublicKey() {
            return now().getPublicKey();
        }

        @Override
        public void checkValidity() {}

        @Override
        public void checkValidity(Date date) {}

        @Override
        public int getVersion() {
            return now().getVersion();
        }

        @Override
        public BigInteger getSerialNumber() {
            return now().getSerialNumber();
        }

        @Override
        @SuppressWarnings("JavaUtilDate") // the class it stands for is older than java.time
        public Date getNotBefore() {
            return now().getNotBefore();
        }

        @Override
        @SuppressWarnings("JavaUtilDate") // the class it stands for is older than java.time
        public Date getNotAfter() {
            return now().getNotAfter();
        }

        @Override
        @SuppressWarnings("deprecation")
        public Principal getIssuerDN() {
            return now().getIssuerDN();
        }

        @Override
        @SuppressWarnings("deprecation")
        public Principal getSubjectDN() {
            return now().getSubjectDN();
        }

        @Override
        public byte[] getTBSCertificate() throws CertificateEncodingException {
            return now().getTBSCertificate();
        }

        @Override
        public byte[] getSignature() {
            return now().getSignature();
        }

        @Override
        public String getSigAlgName() {
            return now().getSigAlgName();
        }

        @Override
        public String getSigAlgOID() {
            return now().getSigAlgOID();
        }

        @Override
        public byte @Nullable [] getSigAlgParams() {
            return now().getSigAlgParams();
        }

        @Override
        public boolean @Nullable [] getIssuerUniqueID() {
            return now().getIssuerUniqueID();
        }

        @Override
        public boolean @Nullable [] getSubjectUniqueID() {
            return now().getSubjectUniqueID();
        }

        @Override
        public boolean @Nullable [] getKeyUsage() {
            return now().getKeyUsage();
        }

        @Override
        public int getBasicConstraints() {
            return now().getBasicConstraints();
        }

        @Override
        public boolean hasUnsupportedCriticalExtension() {
            return now().hasUnsupportedCriticalExtension();
        }

        @Override
        public @Nullable Set<String> getCriticalExtensionOIDs() {
            return now().getCriticalExtensionOIDs();
        }

        @Override
        public @Nullable Set<String> getNonCriticalExtensionOIDs() {
            return now().getNonCriticalExtensionOIDs();
        }

        @Override
        public byte @Nullable [] getExtensionValue(String oid) {
            return now().getExtensionValue(oid);
        }

        @Override
        public void verify(PublicKey key) {
            throw new UnsupportedOperationException("a leaf is judged by the peer");
        }

        @Override
        public void verify(PublicKey key, String provider) {
            throw new UnsupportedOperationException("a leaf is judged by the peer");
        }

        @Override
        public String toString() {
            return "the leaf of the moment";
        }
    }
}
