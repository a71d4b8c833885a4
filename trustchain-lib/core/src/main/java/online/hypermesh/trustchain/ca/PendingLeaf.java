package online.hypermesh.trustchain.ca;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.certificates.IssuanceRequest;
import online.hypermesh.trustchain.api.certificates.IssuedLeaf;
import online.hypermesh.trustchain.leaf.CertificateBytes;
import online.hypermesh.trustchain.leaf.Issuers;

/** A fresh leaf key and hello key that wait for an issuer's signature. Thread-safe. */
public final class PendingLeaf {
    private final Genesis genesis;
    private final KeyPair leafKey;
    private final SigningKey helloKey;
    private final IssuanceRequest request;

    private PendingLeaf(Genesis genesis, KeyPair leafKey, SigningKey helloKey, IssuanceRequest request) {
        this.genesis = genesis;
        this.leafKey = leafKey;
        this.helloKey = helloKey;
        this.request = request;
    }

    /**
     * Makes fresh keys, binds them to the node key, and proves possession of the leaf key.
     *
     * @param genesis the network
     * @param nodeKey the node's long-term key
     * @param notBefore start of the window
     * @param validity length of the window, at most the genesis' {@code leafValiditySeconds}
     * @param random source of the keys
     * @return the pending leaf
     */
    public static PendingLeaf create(
            Genesis genesis, SigningKey nodeKey, Instant notBefore, Duration validity, SecureRandom random) {
        try {
            NetworkId network = genesis.networkId();
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            KeyPair leafKey = generator.generateKeyPair();
            SigningKey helloKey = SigningKey.generate(random);
            byte[] spki = leafKey.getPublic().getEncoded();
            byte[] binding = LeafBinding.sign(
                            nodeKey,
                            network,
                            leafKey.getPublic(),
                            helloKey.verifyKey(),
                            notBefore,
                            notBefore.plus(validity))
                    .encode();
            Signature signer = Signature.getInstance("SHA256withECDSA");
            signer.initSign(leafKey.getPrivate(), random);
            signer.update(IssuanceRequest.possessionText(network, nodeKey.verifyKey(), spki, binding));
            return new PendingLeaf(
                    genesis, leafKey, helloKey, new IssuanceRequest(nodeKey.verifyKey(), spki, binding, signer.sign()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the platform has no ECDSA P-256: " + e.getMessage(), e);
        }
    }

    /**
     * What to send to an issuer.
     *
     * @return the request
     */
    public IssuanceRequest request() {
        return request;
    }

    /**
     * Checks what came back and makes credentials of it.
     *
     * @param issued the issuer's answer
     * @return credentials without a staple
     * @throws TrustchainException WRONG_LEAF when it is not the leaf asked for, not signed by an issuer of the network, or
     *     not proven to be logged
     */
    public Credentials accept(IssuedLeaf issued) {
        X509Certificate leaf = CertificateBytes.parse(issued.leaf());
        Optional<Issuers.Issuer> found =
                new Issuers(genesis).find(leaf.getIssuerX500Principal().getEncoded());
        if (found.isEmpty()) {
            throw wrong("its issuer " + leaf.getIssuerX500Principal() + " is not a validator of " + genesis.name());
        }
        Issuers.Issuer issuer = found.get();
        byte[] tbs = CertificateBytes.tbs(leaf);
        byte[] signature = leaf.getSignature();
        if (signature.length != online.hypermesh.stoq.base.crypto.Signature.LENGTH
                || !issuer.key().verifyRaw(tbs, online.hypermesh.stoq.base.crypto.Signature.of(signature))) {
            throw wrong("the signature of " + issuer.name() + " does not hold");
        }
        try {
            // The binding holds for one leaf key only, so the same binding means the same key.
            if (!Arrays.equals(LeafBinding.of(leaf).encode(), request.binding())) {
                throw wrong("it carries another binding");
            }
        } catch (StoqException e) {
            throw wrong("its binding does not hold: " + e.getMessage());
        }
        boolean logged = issued.head().log().equals(issuer.id())
                && issued.head().signatureHolds(genesis.networkId(), issuer.key())
                && issued.inclusion().size() == issued.head().size()
                && issued.inclusion()
                        .holds(CertificateBytes.entryHash(leaf), issued.head().root());
        if (!logged) {
            throw wrong("it is not proven to be in the log of " + issuer.name());
        }
        return new Credentials(List.of(leaf), leafKey.getPrivate(), helloKey, new byte[0]);
    }

    private static TrustchainException wrong(String what) {
        return new TrustchainException(
                TrustchainException.Code.WRONG_LEAF,
                Retry.WHOLE_OPERATION,
                "the issued leaf is refused: " + what + "; ask another issuer");
    }
}
