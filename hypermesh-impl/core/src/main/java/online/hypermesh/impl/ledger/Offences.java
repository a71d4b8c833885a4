package online.hypermesh.impl.ledger;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The rules of evidence in blocks, and the reserved key space in which finalized equivocations stand. A validator has at most
 * {@value #MAX_PER_VALIDATOR} recorded, so that a faulty one cannot make the state grow.
 */
final class Offences {
    /** Most equivocations recorded of one validator. */
    static final int MAX_PER_VALIDATOR = 16;

    private Offences() {}

    /** Who voted in an epoch, of the few that may still be spoken of. */
    @FunctionalInterface
    interface Sets {
        Optional<ValidatorSet> of(long epoch);
    }

    private record Summary(long count, long firstHeight, long lastHeight) {
        static final Summary NONE = new Summary(0, 0, 0);
    }

    private static Summary summary(StateTree state, NodeId accused) {
        return state.get(Equivocation.STATE_MODULE, accused.digest().toBytes())
                .map(v -> {
                    CborReader r = new CborReader(v).expectArray(3);
                    return new Summary(r.uint(), r.uint(), r.uint());
                })
                .orElse(Summary.NONE);
    }

    /** Whether a block after a state may carry an equivocation besides others that it carries already. */
    private static boolean admits(StateTree state, Sets sets, Equivocation e, Map<NodeId, Integer> besides) {
        NodeId accused = accused(sets, e).orElse(null);
        return accused != null
                && summary(state, accused).count() + besides.getOrDefault(accused, 0) < MAX_PER_VALIDATOR
                && state.get(Equivocation.STATE_MODULE, e.stateKey(accused)).isEmpty();
    }

    static boolean admits(StateTree state, Sets sets, Equivocation e) {
        return admits(state, sets, e, Map.of());
    }

    /** Who is accused; empty when the epoch's set is not known any more or has no such member. */
    private static Optional<NodeId> accused(Sets sets, Equivocation e) {
        return sets.of(e.epoch())
                .filter(set -> e.validator() < set.size())
                .map(set -> set.get(e.validator()).id());
    }

    /** What a block may carry of some equivocations, in the order in which it carries them. */
    static List<Equivocation> choose(StateTree state, Sets sets, List<Equivocation> candidates) {
        TreeMap<byte[], Equivocation> chosen = new TreeMap<>(Arrays::compareUnsigned);
        Map<NodeId, Integer> ofValidator = new HashMap<>();
        for (Equivocation e : candidates) {
            if (chosen.size() == Block.MAX_EVIDENCE) {
                break;
            }
            if (admits(state, sets, e, ofValidator)) {
                NodeId accused = accused(sets, e).orElseThrow();
                if (chosen.putIfAbsent(e.stateKey(accused), e) == null) {
                    ofValidator.merge(accused, 1, Integer::sum);
                }
            }
        }
        return new ArrayList<>(chosen.values());
    }

    /** Whether a block's evidence is that of its header, in order, new, within the limits, and signed by the accused. */
    static Verdict verdict(Block block, StateTree parent, NetworkId network, Sets sets) {
        BlockHeader h = block.header();
        List<Equivocation> evidence = block.evidence();
        if (evidence.size() > Block.MAX_EVIDENCE) {
            return Verdict.rejected(
                    Code.LIMIT_EXCEEDED, evidence.size() + " equivocations, limit " + Block.MAX_EVIDENCE);
        }
        Digest root = Block.evidenceRoot(evidence);
        if (!root.equals(h.evidenceRoot())) {
            return Verdict.rejected(Code.INVALID_PROOF, "evidence root is " + h.evidenceRoot() + ", must be " + root);
        }
        Map<NodeId, Integer> ofValidator = new HashMap<>();
        byte[] last = new byte[0];
        for (Equivocation e : evidence) {
            if (!admits(parent, sets, e, ofValidator)) {
                return Verdict.rejected(
                        Code.CONFLICT,
                        "evidence against validator " + e.validator() + " in view " + e.view()
                                + " is recorded already, of an epoch too old, or one too many");
            }
            NodeId accused = accused(sets, e).orElseThrow();
            ofValidator.merge(accused, 1, Integer::sum);
            byte[] key = e.stateKey(accused);
            if (Arrays.compareUnsigned(last, key) >= 0) {
                return Verdict.rejected(Code.MALFORMED, "evidence is not in the order of its state keys");
            }
            last = key;
        }
        for (Equivocation e : evidence) {
            Verdict verdict = e.verify(network, sets.of(e.epoch()).orElseThrow());
            if (!verdict.accepted()) {
                return verdict;
            }
        }
        return Verdict.ACCEPTED;
    }

    /** The state with a block's evidence in it. */
    static StateTree record(StateTree state, Sets sets, Block block) {
        StateTree result = state;
        long height = block.header().height();
        for (Equivocation e : block.evidence()) {
            NodeId accused = accused(sets, e).orElseThrow();
            Summary before = summary(result, accused);
            CborWriter offence = new CborWriter(256).array(2).uint(height);
            e.writeTo(offence);
            byte[] summary = new CborWriter(32)
                    .array(3)
                    .uint(before.count() + 1)
                    .uint(before.count() == 0 ? height : before.firstHeight())
                    .uint(height)
                    .toBytes();
            result = result.put(Equivocation.STATE_MODULE, e.stateKey(accused), offence.toBytes())
                    .put(Equivocation.STATE_MODULE, accused.digest().toBytes(), summary);
        }
        return result;
    }
}
