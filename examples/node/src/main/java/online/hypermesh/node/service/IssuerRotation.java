package online.hypermesh.node.service;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.node.operation.NodeRequest;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.certificates.IssuanceRequest;
import online.hypermesh.trustchain.api.certificates.IssuedLeaf;
import online.hypermesh.trustchain.api.certificates.IssuerClient;

/**
 * Asks one validator after another for a leaf, beginning with the one that follows this node in the genesis, so that no
 * issuer serves them all and no node vouches for itself while there are others. Thread-safe.
 */
final class IssuerRotation implements IssuerClient {
    private final List<GenesisValidator> rotation = new ArrayList<>();
    private final NodeId self;
    private final Supplier<Messenger> messenger;
    private final Predicate<NodeId> marked;
    private final Function<IssuanceRequest, IssuedLeaf> own;

    /**
     * Asks others over the messenger, those that are marked last, and this node's own issuer only when it is the network's
     * only one.
     */
    IssuerRotation(
            Genesis genesis,
            NodeId self,
            Supplier<Messenger> messenger,
            Predicate<NodeId> marked,
            Function<IssuanceRequest, IssuedLeaf> own) {
        this.self = self;
        this.messenger = messenger;
        this.marked = marked;
        this.own = own;
        List<GenesisValidator> all = genesis.validators();
        int start = 0;
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).nodeId().equals(self)) {
                start = i + 1;
            }
        }
        for (int i = 0; i < all.size(); i++) {
            GenesisValidator next = all.get((start + i) % all.size());
            if (!next.nodeId().equals(self) || all.size() == 1) {
                rotation.add(next);
            }
        }
    }

    @Override
    public IssuedLeaf request(IssuanceRequest request, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        List<GenesisValidator> order = new ArrayList<>(rotation);
        order.sort(Comparator.comparing(v -> marked.test(v.nodeId()))); // stable: the rotation stays
        StringBuilder failures = new StringBuilder();
        for (int i = 0; i < order.size(); i++) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                break;
            }
            Duration share = Duration.ofNanos(left / (order.size() - i));
            GenesisValidator issuer = order.get(i);
            try {
                if (issuer.nodeId().equals(self)) {
                    return own.apply(request);
                }
                return IssuedLeaf.decode(
                        messenger.get().request(issuer.nodeId(), NodeRequest.ISSUE_SERVICE, request.encode(), share));
            } catch (CodedException e) {
                failures.append(failures.length() == 0 ? "" : "; ")
                        .append(issuer.name())
                        .append(": ")
                        .append(e.getMessage());
            }
        }
        throw new HypermeshException(
                Code.QUORUM_UNREACHABLE,
                Retry.WHOLE_OPERATION,
                "no validator issued a leaf within " + timeout.toMillis() + " ms (" + failures + ")");
    }
}
