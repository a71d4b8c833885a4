package online.hypermesh.impl.assembly;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.stoq.CertificateSource;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PinnedPeers;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The validators of a genesis, known to each other by their node keys alone: self-signed leaves, renewed before they end, and
 * nobody else let in. Enough for a closed group; networks with members that change use issued certificates.
 */
public final class GenesisPeers {
    private static final Duration VALIDITY = Duration.ofHours(24);
    private static final long RENEW_NANOS = VALIDITY.dividedBy(2).toNanos();

    private GenesisPeers() {}

    /**
     * Opens a messenger at this node's place, with the way to every other one.
     *
     * @param genesis the founding document
     * @param key this node's key; the caller keeps and closes it
     * @param endpoints where each validator is, this node included
     * @param open opens a messenger, for example {@code config -> Messengers.over(Transports.open(config))}
     * @return the messenger
     * @throws IllegalArgumentException when this node has no endpoint
     */
    public static Messenger messenger(
            Genesis genesis, SigningKey key, List<Endpoint> endpoints, Function<TransportConfig, Messenger> open) {
        NodeId self = NodeId.of(key.verifyKey());
        Endpoint own = endpoints.stream()
                .filter(e -> e.id().equals(self))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "none of the " + endpoints.size() + " endpoints is that of " + self.toShortString()));
        PinnedPeers validators = new PinnedPeers(
                genesis.validators().stream().map(GenesisValidator::nodeId).collect(Collectors.toSet()));
        Messenger messenger = open.apply(
                TransportConfig.builder(genesis.networkId(), key.verifyKey(), renewing(key, genesis), validators)
                        .bind(own.address())
                        .build());
        endpoints.stream().filter(e -> !e.id().equals(self)).forEach(messenger::route);
        return messenger;
    }

    private record Leaf(Credentials credentials, long madeNanos) {
        static Leaf make(SigningKey key, NetworkId network) {
            return new Leaf(SelfSignedLeaf.create(key, network, VALIDITY), System.nanoTime());
        }
    }

    private static CertificateSource renewing(SigningKey key, Genesis genesis) {
        AtomicReference<Leaf> current = new AtomicReference<>(Leaf.make(key, genesis.networkId()));
        return () -> current.updateAndGet(leaf ->
                        System.nanoTime() - leaf.madeNanos() < RENEW_NANOS ? leaf : Leaf.make(key, genesis.networkId()))
                .credentials();
    }
}
