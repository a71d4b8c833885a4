package online.hypermesh.stoq.netty;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Lets TLS finish with any certificate whose key the server holds. The connection is of no use until the STOQ hello has
 * checked the leaf's binding and the peer's verifier has judged it. Immutable.
 */
final class HelloDecides extends X509ExtendedTrustManager {
    private static final String PRESENTED = "presented";

    /** Whether the server of this connection presented its certificate on it, instead of resuming a session. */
    static boolean decided(SSLEngine engine) {
        return engine.getSession().getValue(PRESENTED) != null;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        present(chain);
        engine.getSession().putValue(PRESENTED, Boolean.TRUE);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        present(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        present(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        throw noClients();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw noClients();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw noClients();
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }

    private static void present(X509Certificate[] chain) throws CertificateException {
        if (chain.length == 0) {
            throw new CertificateException("the server presented no certificate");
        }
    }

    private static CertificateException noClients() {
        return new CertificateException("STOQ clients authenticate in the hello, not in TLS");
    }
}
