package online.hypermesh.node.client;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.content.ChunkIndex;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.node.network.LocalNode;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;

/**
 * The operator of a local network, connected. Thread-safe.
 *
 * @param client authenticated as the operator
 * @param keys the operator's keys
 */
public record OperatorSession(NodeClient client, NodeKeys keys) implements AutoCloseable {
    /**
     * Connects with the operator's keys, certified by the first node that answers.
     *
     * @param network the network
     * @param checkpoint where to begin, if not with the founding document
     * @param timeout longest wait for one answer
     * @param chunks what the operator stored already
     * @return the session
     * @throws HypermeshException QUORUM_UNREACHABLE when no node answers, and what {@link NodeClient#open} says of the checkpoint
     */
    public static OperatorSession open(
            LocalNetwork network, Optional<TrustedCheckpoint> checkpoint, Duration timeout, ChunkIndex chunks) {
        NodeKeys keys = network.operatorKeys();
        NodeClient client = connected(network, keys, checkpoint, timeout, chunks);
        OperatorSession session = new OperatorSession(client, keys);
        boolean certified = false;
        try {
            session.certify(network.nodes());
            certified = true;
            return session;
        } finally {
            if (!certified) {
                session.close();
            }
        }
    }

    private static NodeClient connected(
            LocalNetwork network,
            NodeKeys keys,
            Optional<TrustedCheckpoint> checkpoint,
            Duration timeout,
            ChunkIndex chunks) {
        boolean connected = false;
        try {
            NodeClient client = NodeClient.open(
                    network.genesis(),
                    keys,
                    checkpoint,
                    network.nodes().stream().map(LocalNode::endpoint).toList(),
                    timeout,
                    chunks);
            connected = true;
            return client;
        } finally {
            if (!connected) {
                keys.close();
            }
        }
    }

    private void certify(List<LocalNode> nodes) {
        StringBuilder failures = new StringBuilder();
        for (LocalNode node : nodes) {
            try {
                client.certify(node.id());
                return;
            } catch (CodedException e) {
                failures.append(failures.length() == 0 ? "" : "; ")
                        .append(node.name())
                        .append(": ")
                        .append(e.getMessage());
            }
        }
        throw new HypermeshException(
                Code.QUORUM_UNREACHABLE,
                Retry.WHOLE_OPERATION,
                "no node certified the operator (" + failures + "). See: hypermesh doctor");
    }

    @Override
    public void close() {
        client.close();
        keys.close();
    }
}
