package online.hypermesh.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.impl.assembly.GenesisPeers;
import online.hypermesh.impl.assembly.LedgerNode;
import online.hypermesh.impl.assembly.ValidatorKeys;
import online.hypermesh.impl.assembly.VoteLogNames;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.memory.MemoryNetwork;
import online.hypermesh.stoq.messaging.Messengers;

/** Four nodes in one process replicate a key-value store: written through one, read from another. */
final class ReplicatedStore implements AutoCloseable {
    // GUIDE
    static final LedgerModule STORE = LedgerModule.of("store", (context, payload, state) -> {
        String[] pair = new String(payload, UTF_8).split("=", 2);
        if (pair.length < 2 || pair[0].isEmpty()) {
            return Outcome.refused("SYNTAX", "write key=value");
        }
        state.put(pair[0].getBytes(UTF_8), pair[1].getBytes(UTF_8));
        return Outcome.applied();
    });
    final MemoryNetwork network = new MemoryNetwork();
    final List<Messenger> messengers = new ArrayList<>();
    final List<LedgerNode> nodes = new ArrayList<>();

    ReplicatedStore(Path folder) {
        List<ValidatorKeys> keys = Stream.generate(() -> ValidatorKeys.generate(new SecureRandom()))
                .limit(4)
                .toList();
        List<GenesisValidator> validators =
                keys.stream().map(k -> k.toValidator("n" + keys.indexOf(k), 1)).toList();
        Genesis genesis = new Genesis("store", System.currentTimeMillis(), validators, List.of(), Parameters.DEFAULT);
        List<Endpoint> endpoints = keys.stream()
                .map(k -> new Endpoint(new InetSocketAddress("::1", 7000 + keys.indexOf(k)), k.id()))
                .toList();
        for (ValidatorKeys k : keys) {
            messengers.add(GenesisPeers.messenger(genesis, k.node(), endpoints, c -> Messengers.over(network.open(c))));
            nodes.add(LedgerNode.builder(genesis, k.node(), messengers.get(nodes.size()))
                    .module(STORE)
                    .voting(k.voting(), VoteLogNames.inMemory())
                    .open(folder.resolve("n" + nodes.size())));
        }
    }
    // GUIDE

    /** Returns once a quorum made it final. */
    Receipt write(int node, String pair) throws Exception {
        return nodes.get(node)
                .submit("store", pair.getBytes(UTF_8))
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    Optional<String> readAfter(Receipt write, int node, String key) throws InterruptedException {
        nodes.get(node).awaitHeight(write.header().height(), Duration.ofSeconds(30));
        return nodes.get(node).ledger().read("store", key.getBytes(UTF_8)).map(v -> new String(v, UTF_8));
    }

    @Override
    public void close() {
        nodes.forEach(LedgerNode::close);
        messengers.forEach(Messenger::close);
    }
}
