package online.hypermesh.sim;

import java.util.ArrayList;
import java.util.List;

/**
 * A deliberate error in the rules of consensus: one place of one source file of the core, changed. It exists only in a copy
 * that is compiled for the trial.
 *
 * @param name what is broken, stable
 * @param file source file of the core
 * @param original the text that is changed; occurs exactly once
 * @param replacement what it becomes
 */
public record ProtocolMutant(String name, String file, String original, String replacement) {
    /**
     * The mutants that are tried.
     *
     * @return in a fixed order
     */
    public static List<ProtocolMutant> all() {
        List<ProtocolMutant> mutants = new ArrayList<>(List.of(
                // certificates
                of("certificate-of-a-half", "ViewBook", "!set.isQuorum(stake)", "stake <= set.totalStake() / 2"),
                of("signer-counted-twice", "ViewBook", "v.validator() <= last", "v.validator() < last"),
                of(
                        "certificate-unverified",
                        "ViewBook",
                        "!verifier.holds(v.validator(), c.statement(), v.signature())",
                        "v.validator() < 0"),
                of(
                        "heads-instead-of-stake",
                        "ViewState",
                        "stake += set.get(i).stake();\n            }\n        }\n        return stake;",
                        "stake += set.totalStake() / set.size();\n            }\n        }\n        return stake;"),
                of(
                        "quorum-of-two-thirds-rounded",
                        "ViewState",
                        "for (int pass = 0; pass < 2 && !set.isQuorum(stake); pass++) {\n"
                                + "            for (int i = 0; i < slots.length && !set.isQuorum(stake); i++) {",
                        "for (int pass = 0; pass < 2 && stake * 3 < set.totalStake() * 2; pass++) {\n"
                                + "            for (int i = 0; i < slots.length && stake * 3 < set.totalStake() * 2; i++) {"),
                of(
                        "own-tally-unverified",
                        "ViewState",
                        "if (pass == 1 && !sure.get(i)) {",
                        "if (pass == 1) {\n sure.set(i);\n }\n if (pass > 5) {"),
                of(
                        "unsure-votes-count",
                        "ViewState",
                        "if (sure.get(i)) {\n                    chosen.set(i);",
                        "if (pass == 0 || sure.get(i)) {\n                    chosen.set(i);"),
                of(
                        "votes-for-another-block-count",
                        "ViewState",
                        "if (v == null || chosen.get(i) || !v.statement().blockId().equals(statement.blockId())) {",
                        "if (v == null || chosen.get(i)) {"),
                of(
                        "votes-of-another-epoch-count",
                        "Ballots",
                        "                || st.epoch() != seat.epoch()\n"
                                + "                || (st.kind() == VoteKind.NULLIFY) != st.blockId().equals(Digest.ZERO)) {\n"
                                + "            return;\n        }\n        peers.active",
                        "                || (st.kind() =="
                                + " VoteKind.NULLIFY) != st.blockId().equals(Digest.ZERO)) {\n            return;\n        }\n"
                                + "        peers.active"),
                // what may be voted for
                of("justification-ignored", "Proposals", "!views.isJustified(h) || ", ""),
                of(
                        "skipped-views-need-no-nullification",
                        "ViewBook",
                        "            if (s == null || !s.nullified()) {\n                return false;",
                        "            if (s != null && s.view < 0) {\n                return false;"),
                of(
                        "proposals-unchecked",
                        "Proposals",
                        "!tree.contains(s.proposalId) && !tree.check(block).accepted()",
                        "s.view < 0"),
                of(
                        "any-clock",
                        "Proposals",
                        "Math.abs(h.timeMillis() - turn.wall()) <= parameters.maxClockErrorMillis()",
                        "h.timeMillis() > 0"),
                // own votes
                of(
                        "finalizes-what-it-nullified",
                        "Ballots",
                        "(seat.self() < 0 || s.vote(VoteKind.NULLIFY, seat.self()) == null)",
                        "s.view > 0"),
                of("votes-not-logged", "OwnVotes", "turn.persist(new VoteRecord.Cast(vote));", ""),
                of("votes-not-recovered", "OwnVotes", "views.state(vote.view()).put(vote, true);", ""),
                of(
                        "floor-ignored",
                        "OwnVotes",
                        "return state == State.SIGNING && view > floor;",
                        "return state ==" + " State.SIGNING;"),
                of("rejoins-too-low", "OwnVotes", "floor = provenView + 1;", "floor = 1;"),
                of(
                        "rejoins-on-one-answer",
                        "OwnVotes",
                        "state == State.REJOINING && set.isQuorum(stake)",
                        "state == State.REJOINING && stake > 0"),
                of("log-forgets-the-block", "Ballots", "turn.persist(new VoteRecord.Kept(block));", ""),
                of(
                        "signs-before-it-asked",
                        "OwnVotes",
                        "case REJOIN -> State.REJOINING;",
                        "case REJOIN ->" + " State.SIGNING;"),
                // finality and catching up
                of("finality-unproven", "SimplexCore", " || !views.holds(chain.certificate())", ""),
                of(
                        "certified-bodies-unchecked",
                        "BlockIntake",
                        "Verdict verdict = tree.check(block);",
                        "Verdict verdict" + " = Verdict.ACCEPTED;"),
                of(
                        "any-body-is-whole",
                        "BlockIntake",
                        "return Block.transactionsRoot(block.entries())",
                        "return block.header().height() > 0 || Block.transactionsRoot(block.entries())"),
                of(
                        "broken-chains-followed",
                        "CatchUp",
                        "h.height() != height + 1 || !h.previous().equals(previous) ||",
                        "height < 0 ||"),
                of(
                        "certificate-for-another-block",
                        "CatchUp",
                        "if (c.statement().blockId().equals(f.links().isEmpty() ? previous : named.id())) {",
                        "if (c.statement().kind() == VoteKind.FINALIZE) {"),
                // evidence
                of(
                        "evidence-unverified",
                        "EvidencePool",
                        "!checker.holds(e.validator(), e.first(), e.firstSignature())\n"
                                + "                    || !checker.holds(e.validator(), e.second(), e.secondSignature())",
                        "e.validator() < 0"),
                of(
                        "second-vote-unverified",
                        "Ballots",
                        "if (verifier.holds(second.validator(), second.statement(), second.signature())) {",
                        "if (second.validator() >= 0) {"),
                // going on
                of(
                        "never-gives-up",
                        "Pacemaker",
                        "        return armedNanos + timeout;\n",
                        "        return timeout < 0 ? armedNanos : Turn.NEVER;\n"),
                of("says-it-once", "SimplexCore", "views.open().forEach(this::rebroadcastVotes);", ""),
                of(
                        "helps-nobody",
                        "Positions",
                        "if (!certificates.isEmpty()) {",
                        "if (certificates.size() > Message.MAX_CERTIFICATES) {"),
                of(
                        "never-asks-for-bodies",
                        "BlockIntake",
                        "turn.send(set.get(cursor).id(), new" + " Message.BlockWanted(id));",
                        ""),
                of(
                        "waits-for-ever-to-catch-up",
                        "SimplexCore",
                        "if (request != null) {",
                        "if (request != null &&" + " request.fromHeight() < 3) {")));
        mutants.addAll(FurtherMutants.all());
        mutants.addAll(BatchMutants.all());
        return List.copyOf(mutants);
    }

    private static ProtocolMutant of(String name, String file, String original, String replacement) {
        return new ProtocolMutant(name, file + ".java", original, replacement);
    }
}
