package online.hypermesh.sim;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.impl.consensus.Action;
import online.hypermesh.impl.consensus.Event;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** What nodes send each other: lost, delayed, doubled and cut off as the scenario says, until everything heals. Confined. */
final class SimNetwork {
    private static final long MILLI = 1_000_000L;
    private static final long LEAST_DELAY_NANOS = 50_000;
    private static final int HEALED_DELAY_MILLIS = 20;

    private final Simulation sim;
    private final Scenario scenario;
    private final SplittableRandom random;
    private final boolean[][] cut;

    SimNetwork(Simulation sim, Scenario scenario, int machines, SplittableRandom random) {
        this.sim = sim;
        this.scenario = scenario;
        this.random = random;
        this.cut = new boolean[machines][machines];
    }

    // ---------------------------------------------------------------- who hears whom

    /** Cuts those in {@code side} from all others, in both directions or only what they send. */
    void divide(int side, boolean oneWay) {
        for (int a = 0; a < cut.length; a++) {
            for (int b = 0; b < cut.length; b++) {
                boolean across = (side >> a & 1) != (side >> b & 1);
                cut[a][b] = across && (!oneWay || (side >> a & 1) == 1);
            }
        }
    }

    /** Everybody hears everybody. */
    void join() {
        for (boolean[] row : cut) {
            Arrays.fill(row, false);
        }
    }

    /** For a while a node hears, and is heard by, one other only. */
    void isolate(int node, int other) {
        for (int i = 0; i < cut.length; i++) {
            cut[node][i] = i != other;
            cut[i][node] = i != other;
        }
        sim.after((1_000 + random.nextInt(2_000)) * MILLI, () -> {
            for (int i = 0; i < cut.length; i++) {
                cut[node][i] = false;
                cut[i][node] = false;
            }
        });
    }

    private boolean isCut(SimNode from, SimNode to) {
        TwinsSchedule twins = sim.twins();
        return cut[from.index][to.index]
                || (twins != null && twins.separates(from.view(), from.index, to.index, sim.nowNanos()));
    }

    // ---------------------------------------------------------------- messages

    /** To the validators of the epoch the sender is in. */
    void broadcast(SimNode from, Message message) {
        Sent sent = new Sent(message.encode());
        ValidatorSet members = from.members();
        for (SimNode to : sim.nodes()) {
            if (!to.id.equals(from.id) && members.indexOf(to.id).isPresent()) {
                transmit(from, to, sent);
            }
        }
    }

    void broadcastBytes(SimNode from, byte[] bytes) {
        Sent sent = new Sent(bytes);
        for (SimNode to : sim.nodes()) {
            if (to != from) {
                transmit(from, to, sent);
            }
        }
    }

    void send(SimNode from, NodeId toId, Message message) {
        for (SimNode to : sim.nodes()) {
            if (to.id.equals(toId)) {
                transmit(from, to, new Sent(message.encode()));
            }
        }
    }

    private void transmit(SimNode from, SimNode to, Sent sent) {
        int copies = 1;
        if (!sim.isHealed()) {
            if (scenario.lateFinality() && sent.isVoteForFinality()) {
                sim.count("finality withheld");
                return;
            }
            if (isCut(from, to)) {
                sim.count("cut");
                return;
            }
            if (random.nextInt(100) < scenario.lossPercent()) {
                sim.count("lost");
                return;
            }
            if (random.nextInt(100) < scenario.duplicatePercent()) {
                sim.count("duplicated");
                copies++;
            }
        }
        for (int c = 0; c < copies; c++) {
            sim.after(delayNanos(), () -> {
                if (to.isUp()) {
                    sim.record("message", from.index * 100 + to.index, sent.bytes);
                    receive(to, from, sent);
                }
            });
        }
    }

    private void receive(SimNode to, SimNode from, Sent sent) {
        Message message = sent.decode();
        if (message == null) {
            if (!from.byzantine) {
                throw new SimFailure("HONEST_MESSAGES_DECODE", "from node " + from.index + ": " + sent.problem);
            }
            sim.count("refused");
            return;
        }
        sim.deliver(to, new Event.Received(from.id, message));
    }

    private long delayNanos() {
        int most =
                sim.isHealed() ? Math.min(HEALED_DELAY_MILLIS, scenario.maxDelayMillis()) : scenario.maxDelayMillis();
        return (long) (random.nextDouble() * most * MILLI) + LEAST_DELAY_NANOS;
    }

    void catchUp(SimNode from, Action.CatchUp request) {
        SimNode peer = machine(from, request.peer());
        long there = delayNanos();
        boolean lost = !sim.isHealed()
                && (isCut(from, peer) || isCut(peer, from) || random.nextInt(100) < scenario.lossPercent());
        long back = delayNanos();
        sim.after(there + back, () -> {
            if (lost || !peer.isUp()) {
                sim.deliver(from, new Event.CatchUpFailed(peer.id));
            } else {
                List<FinalizedBlock> blocks = peer.serve(request.fromHeight());
                sim.record("catchup", from.index * 100 + peer.index, new byte[] {(byte) blocks.size()});
                sim.deliver(from, new Event.CaughtUp(peer.id, blocks));
            }
        });
    }

    /** The machine that answers to a name; of two, one that is not cut off. */
    private SimNode machine(SimNode from, NodeId id) {
        List<SimNode> some = sim.nodes().stream().filter(n -> n.id.equals(id)).toList();
        return some.stream()
                .filter(n -> !isCut(from, n) && !isCut(n, from))
                .findFirst()
                .orElseGet(() -> some.get(0));
    }

    /** What one node put on the wire; all who receive it decode the same bytes to the same values, so it is done once. */
    private static final class Sent {
        private final byte[] bytes;
        private @Nullable Message message;
        private String problem = "";

        Sent(byte[] bytes) {
            this.bytes = bytes;
        }

        boolean isVoteForFinality() {
            return decode() instanceof Message.Voted v && v.vote().kind() == VoteKind.FINALIZE;
        }

        /** The message; null if the bytes are of none. */
        @Nullable
        Message decode() {
            if (message == null && problem.isEmpty()) {
                try {
                    message = Message.decode(bytes, Simulation.PARAMETERS);
                } catch (CborException | IllegalArgumentException refused) {
                    problem = refused.toString();
                }
            }
            return message;
        }
    }
}
