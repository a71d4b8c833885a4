package online.hypermesh.stoq.session;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.base.crypto.Digest;
import org.jspecify.annotations.Nullable;

/**
 * Parses peers' certificates, checks leaf bindings, and remembers those of peers that were let in, so that a peer that comes
 * again costs neither. What is remembered does not depend on time. Thread-safe.
 */
final class PeerLeaves {
    private static final int MAX_REMEMBERED = 1024;

    /**
     * A leaf whose binding holds.
     *
     * @param hash SHA-256 of its DER
     * @param certificate the leaf
     * @param binding what the node key says about it
     */
    record Leaf(Digest hash, X509Certificate certificate, LeafBinding binding) {}

    private final Map<Digest, Leaf> remembered = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Digest, Leaf> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    /** The leaf that TLS showed; throws HANDSHAKE_FAILED or MALFORMED_FRAME if its binding does not hold. */
    Leaf of(X509Certificate certificate) {
        byte[] der = der(certificate);
        Digest hash = Digest.sha256(der);
        Leaf known = recall(hash);
        return known != null ? known : new Leaf(hash, certificate, LeafBinding.of(certificate));
    }

    /** The leaf that a hello shows; throws HANDSHAKE_FAILED or MALFORMED_FRAME if its binding does not hold. */
    Leaf of(byte[] der) {
        Digest hash = Digest.sha256(der);
        Leaf known = recall(hash);
        if (known != null) {
            return known;
        }
        X509Certificate certificate = parse(der);
        return new Leaf(hash, certificate, LeafBinding.of(certificate));
    }

    /** Keeps a leaf whose owner was let in. */
    void remember(Leaf leaf) {
        synchronized (remembered) {
            remembered.put(leaf.hash(), leaf);
        }
    }

    private @Nullable Leaf recall(Digest hash) {
        synchronized (remembered) {
            return remembered.get(hash);
        }
    }

    /** A chain whose leaf is known already. */
    static List<X509Certificate> chain(Leaf leaf, List<byte[]> encoded) {
        X509Certificate[] chain = new X509Certificate[encoded.size()];
        chain[0] = leaf.certificate();
        for (int i = 1; i < chain.length; i++) {
            chain[i] = parse(encoded.get(i));
        }
        return List.of(chain);
    }

    private static X509Certificate parse(byte[] encoded) {
        try {
            ByteArrayInputStream der = new ByteArrayInputStream(encoded);
            X509Certificate certificate =
                    (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(der);
            if (der.available() > 0) {
                throw HelloFrame.malformed(der.available() + " bytes follow a certificate of the STOQ hello", null);
            }
            return certificate;
        } catch (CertificateException e) {
            throw HelloFrame.malformed(
                    "a certificate of the STOQ hello cannot be read: " + BufferedStream.messageOf(e), e);
        }
    }

    /** SHA-256 of a certificate's DER. */
    static Digest hash(X509Certificate certificate) {
        return Digest.sha256(der(certificate));
    }

    /** The DER of a chain. */
    static List<byte[]> encoded(List<X509Certificate> chain) {
        return chain.stream().map(PeerLeaves::der).toList();
    }

    private static byte[] der(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a certificate that was parsed can be encoded", e);
        }
    }
}
