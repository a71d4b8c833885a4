package online.hypermesh.node.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;

/** What {@link PartitionIT} does, in a process that is in a network namespace of its own. Confined to one thread. */
final class PartitionScenario {
    private static final Duration BACK = Duration.ofMinutes(2);
    private static final int WRITES_MEANWHILE = 4;

    private final Namespaces net;
    private final LiveNetwork live;
    private final NodeClient client;
    private final List<String> acknowledged = new ArrayList<>();
    private final long begun = System.nanoTime();

    private PartitionScenario(Namespaces net, LiveNetwork live, NodeClient client) {
        this.net = net;
        this.live = live;
        this.client = client;
    }

    /** The first argument is a directory for everything; ends when standard input does, and the nodes with it. */
    public static void main(String[] args) throws Exception {
        Thread watch = new Thread(PartitionScenario::endWithParent, "parent-watch");
        watch.setDaemon(true);
        watch.start();
        try (Namespaces net = Namespaces.build(LiveNetwork.ALL);
                LiveNetwork live = LiveNetwork.found(Path.of(args[0]), Parameters.DEFAULT, net.addresses())) {
            LiveNetwork.ALL.forEach(n -> live.surround(n, builder -> net.enter(n, builder)));
            live.start(LiveNetwork.ALL);
            live.awaitPhase3(LiveNetwork.ALL);
            try (OperatorSession operator = live.operator()) {
                new PartitionScenario(net, live, operator.client()).run();
            }
        }
        System.exit(0); // threads of a connection that is being closed do not keep it
    }

    private static void endWithParent() {
        try {
            while (System.in.read() >= 0) {
                // only the end counts
            }
            Runtime.getRuntime().halt(3);
        } catch (IOException e) {
            Runtime.getRuntime().halt(3);
        }
    }

    private void run() throws Exception {
        say("all four are in Phase 3");
        write("n1", "before");
        live.awaitAgreement(client, LiveNetwork.ALL, BACK);
        oneIsCutOffFromThree();
        theTwoHalvesOfFourWait();
        for (String via : LiveNetwork.ALL) {
            write(via, "after-" + via);
        }
        NodeStatus agreed = live.awaitAgreement(client, LiveNetwork.ALL, BACK);
        assertThat(agreed.contradictions())
                .as("nobody signed two different things")
                .isEmpty();
        for (String name : acknowledged) {
            for (String node : LiveNetwork.ALL) {
                assertThat(content(node, name))
                        .as("%s, acknowledged, at %s", name, node)
                        .isPresent();
            }
        }
        say("height " + agreed.finalizedHeight() + ", " + acknowledged.size() + " acknowledged writes at all four");
    }

    private void oneIsCutOffFromThree() throws Exception {
        net.cutOff(Set.of("n1"));
        awaitDegraded("n1");
        long height = height("n1");
        for (int i = 0; i < WRITES_MEANWHILE; i++) {
            write("n" + (2 + i % 3), "majority" + i);
        }
        refuses("n1", "minority");
        NodeStatus three = live.awaitAgreement(client, List.of("n2", "n3", "n4"), BACK);
        assertThat(three.finalizedHeight()).as("three of four go on").isGreaterThan(height);
        assertThat(height("n1")).as("one of four finalizes nothing").isEqualTo(height);
        say("1|3: three went on to height " + three.finalizedHeight() + ", the one stayed at " + height);
        net.heal();
        live.awaitPhase3(LiveNetwork.ALL);
        write("n1", "healed");
        live.awaitAgreement(client, LiveNetwork.ALL, BACK);
        assertThat(content("n2", "minority")).as("what was refused").isEmpty();
        say("healed");
    }

    /** Both halves are given the same name to register, with different contents; at most one of them may ever get it. */
    private void theTwoHalvesOfFourWait() throws Exception {
        Map<String, Long> before = new TreeMap<>();
        net.cutOff(Set.of("n1", "n2"));
        CompletableFuture<Boolean> first = tries("n1", "contested");
        CompletableFuture<Boolean> second = tries("n3", "contested");
        for (String name : LiveNetwork.ALL) {
            awaitDegraded(name);
            before.put(name, height(name));
        }
        long common = before.get("n1");
        assertThat(before.values()).as("heights of the halves").allMatch(h -> h == common);
        for (String name : LiveNetwork.ALL) {
            refuses(name, "half-" + name);
        }
        for (String name : LiveNetwork.ALL) {
            assertThat(height(name))
                    .as("two of four finalize nothing, as %s does", name)
                    .isEqualTo(common);
        }
        say("2|2: nobody went on from height " + common);
        net.heal();
        live.awaitPhase3(LiveNetwork.ALL);
        List<String> won = new ArrayList<>();
        if (outcome(first)) {
            won.add("n1");
        }
        if (outcome(second)) {
            won.add("n3");
        }
        live.awaitAgreement(client, LiveNetwork.ALL, BACK);
        assertThat(won).as("who registered the contested name").hasSizeLessThan(2);
        for (String name : LiveNetwork.ALL) {
            if (!won.isEmpty()) {
                assertThat(content(name, "contested"))
                        .as("the contested name at %s", name)
                        .contains(List.of("by " + won.get(0)));
            }
            assertThat(content(name, "half-n2")).as("what was refused").isEmpty();
        }
        say("healed; the contested name was acknowledged to " + won);
    }

    private void awaitDegraded(String name) {
        Await.until(
                name + " notices that it has no quorum",
                BACK,
                () -> client.status(live.id(name)).degraded());
    }

    private long height(String name) {
        return client.status(live.id(name)).finalizedHeight();
    }

    private void write(String via, String name) {
        register(via, name);
        acknowledged.add(name);
    }

    private void refuses(String via, String name) {
        assertThatThrownBy(() -> register(via, name))
                .isInstanceOf(CodedException.class)
                .hasMessageContaining("QUORUM_UNREACHABLE");
    }

    private CompletableFuture<Boolean> tries(String via, String name) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                register(via, name);
                return true;
            } catch (CodedException e) {
                return false; // not acknowledged, so nothing was promised
            }
        });
    }

    private static boolean outcome(CompletableFuture<Boolean> attempt)
            throws InterruptedException, ExecutionException, TimeoutException {
        return attempt.get(BACK.toSeconds(), TimeUnit.SECONDS);
    }

    private void register(String via, String name) {
        client.apply(
                live.id(via),
                NameRecord.MODULE,
                new NameInstruction.Register(full(name), new NameRecord.Content(List.of(), List.of("by " + via), 60))
                        .encode());
    }

    private Optional<List<String>> content(String node, String name) {
        return client.prove(live.id(node), NameRecord.MODULE, NameRecord.key(full(name)))
                .value()
                .map(NameRecord::decode)
                .map(r -> r.content().texts());
    }

    private String full(String name) {
        return name + "." + NameRules.suffix(live.network().genesis());
    }

    private void say(String what) {
        System.out.println("PartitionIT: after " + (System.nanoTime() - begun) / 1_000_000 + " ms: " + what);
    }
}
