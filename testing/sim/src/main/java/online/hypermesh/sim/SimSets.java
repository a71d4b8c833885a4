package online.hypermesh.sim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.genesis.ProtocolVersions;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Who votes in which epoch of a simulation: in the first all nodes; later, if the scenario says so, without some of them, with
 * other stakes and with new voting keys, and always with less than a third of the stake misbehaving. Confined.
 */
final class SimSets {
    private final Scenario scenario;
    private final long seed;
    private final long[] stakes;
    private final boolean equalStakes;
    private final List<SigningKey> nodeKeys = new ArrayList<>();
    private final Map<NodeId, Integer> nodes = new HashMap<>();
    private final Map<Long, ValidatorSet> sets = new HashMap<>();
    private final Map<Integer, VerifyKey> votingKeys = new TreeMap<>();
    private long lastEpoch;
    private @Nullable ValidatorSet lastAsked;

    /** @param stakes what one node believes the stakes of the first epoch are */
    SimSets(Scenario scenario, long seed, long[] stakes) {
        this.scenario = scenario;
        this.seed = seed;
        this.stakes = stakes.clone();
        boolean equal = true;
        for (int i = 0; i < stakes.length; i++) {
            nodeKeys.add(SimKeys.key(i));
            nodes.put(NodeId.of(nodeKeys.get(i).verifyKey()), i);
            equal &= scenario.stakes()[i] == scenario.stakes()[0];
        }
        this.equalStakes = equal;
    }

    NodeId id(int node) {
        return NodeId.of(nodeKeys.get(node).verifyKey());
    }

    /** Length of an epoch; 0 when the first one lasts for ever. */
    long epochMillis() {
        return scenario.epochMillis();
    }

    /** Batches are known from the first epoch on, or, where there are epochs, in two thirds of the seeds from a later one on. */
    int protocolVersion(long epoch) {
        long from = epochMillis() > 0 ? Math.floorMod(seed / Scenario.KINDS, 3L) : 0;
        return epoch >= from ? ProtocolVersions.BATCHES : ProtocolVersions.FIRST;
    }

    ValidatorSet set(long epoch) {
        ValidatorSet same = lastAsked;
        if (same != null && lastEpoch == epoch) {
            return same;
        }
        ValidatorSet known = sets.get(epoch);
        if (known == null) {
            known = make(epoch);
            sets.put(epoch, known);
        }
        lastEpoch = epoch;
        lastAsked = known;
        return known;
    }

    private ValidatorSet make(long epoch) {
        SplittableRandom random = new SplittableRandom(seed * 31 + epoch);
        int n = stakes.length;
        boolean changed = epoch > 0;
        int away = changed && n > 4 && random.nextInt(3) > 0 ? random.nextInt(n) : -1;
        long[] now = stakes.clone();
        for (int i = 0; changed && !equalStakes && i < n; i++) {
            now[i] = 1L + random.nextInt(5);
        }
        long total = 0;
        long faulty = 0;
        for (int i = 0; i < n; i++) {
            total += i == away ? 0 : now[i];
            faulty += i != away && scenario.isByzantine(i) ? now[i] : 0;
        }
        if (faulty * 3 >= total) {
            away = -1;
            now = stakes.clone();
        }
        List<Validator> members = new ArrayList<>();
        for (int k = 0; k < n; k++) {
            // The order differs from epoch to epoch, and with it everybody's index.
            int i = (int) ((k + epoch) % n);
            if (i != away) {
                members.add(new Validator(id(i), votingKey(epoch, i), now[i]));
            }
        }
        return new ValidatorSet(members);
    }

    /** Every node has a new voting key in every third epoch, not all in the same one. */
    private VerifyKey votingKey(long epoch, int node) {
        int generation = (int) ((epoch + node) / 3) - node / 3;
        return votingKeys.computeIfAbsent(
                generation * 100 + node,
                k -> generation == 0
                        ? nodeKeys.get(node).verifyKey()
                        : SimKeys.votingKey(node, generation).verifyKey());
    }

    /** Which node a member of a set is. */
    int node(ValidatorSet set, int index) {
        return nodes.getOrDefault(set.get(index).id(), -1);
    }

    /** A node's index in an epoch; -1 when it does not vote. */
    int index(long epoch, int node) {
        return set(epoch).indexOf(id(node)).orElse(-1);
    }

    Signature sign(int node, VoteStatement statement) {
        return SimKeys.sign(votingKey(statement.epoch(), node), statement);
    }
}
