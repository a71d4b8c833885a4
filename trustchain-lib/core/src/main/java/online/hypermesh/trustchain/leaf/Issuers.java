package online.hypermesh.trustchain.leaf;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;

/** A network's issuers, found by the issuer name that their leaves carry. Immutable. */
public final class Issuers {
    private final Map<ByteBuffer, Issuer> byName = new HashMap<>();

    /**
     * One issuer.
     *
     * @param id node identity of the validator
     * @param name what people call it
     * @param key the key that signs its leaves
     */
    public record Issuer(NodeId id, String name, VerifyKey key) {}

    /**
     * Reads the issuers.
     *
     * @param genesis the network's founding document
     */
    public Issuers(Genesis genesis) {
        for (GenesisValidator validator : genesis.validators()) {
            byName.put(
                    ByteBuffer.wrap(CertificateBytes.der(name(genesis, validator.name()))),
                    new Issuer(validator.nodeId(), validator.name(), validator.issuerKey()));
        }
    }

    /**
     * The issuer with a name.
     *
     * @param distinguishedName DER
     * @return the issuer, if it is one of the network's
     */
    public Optional<Issuer> find(byte[] distinguishedName) {
        return Optional.ofNullable(byName.get(ByteBuffer.wrap(distinguishedName)));
    }

    /**
     * The distinguished name of somebody in a network.
     *
     * @param genesis the network
     * @param commonName who
     * @return {@code O=<network>,CN=<who>}
     */
    public static X500Name name(Genesis genesis, String commonName) {
        return new X500NameBuilder(BCStyle.INSTANCE)
                .addRDN(BCStyle.O, genesis.name())
                .addRDN(BCStyle.CN, commonName)
                .build();
    }
}
