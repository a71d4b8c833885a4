package online.hypermesh.stoq.kwik;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.X509TrustManager;

/**
 * Lets TLS finish with any certificate whose key the server holds. The connection is of no use until the STOQ hello has
 * checked the leaf's binding and the peer's verifier has judged it. Immutable.
 */
final class HelloDecides implements X509TrustManager {
    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        if (chain.length == 0) {
            throw new CertificateException("the server presented no certificate");
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("STOQ clients authenticate in the hello, not in TLS");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
