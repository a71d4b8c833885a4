package online.hypermesh.sim;

import java.util.List;

/** Deliberate errors of which most were once made by another implementation of Simplex, or come close to one that was. */
final class FurtherMutants {
    private FurtherMutants() {}

    static List<ProtocolMutant> all() {
        return List.of(
                // ava-labs/Simplex #280: a path that only repeats votes signs one, in a view that was given up
                of(
                        "repeating-votes-signs-finality",
                        "SimplexCore",
                        "Vote last = s.vote(VoteKind.FINALIZE, seat.self());",
                        "Vote last = s.vote(VoteKind.FINALIZE, seat.self()) != null || s.notarization().isEmpty()\n"
                                + "? s.vote(VoteKind.FINALIZE, seat.self())\n"
                                + ": ownVotes.cast(s, new VoteStatement(VoteKind.FINALIZE, seat.epoch(), s.view,"
                                + " s.notarization().get().statement().blockId()));"),
                of(
                        "finalizes-views-it-left",
                        "Ballots",
                        "if (st.view() < pacemaker.view()) {\n            return;\n        }\n        if (st.kind() =="
                                + " VoteKind.NOTARIZE",
                        "if (st.view() < 0) {\n            return;\n        }\n        if (st.kind() == VoteKind.NOTARIZE"),
                // ava-labs/Simplex #290: a notarized block that the chain has bypassed is taken for final
                of(
                        "notarized-blocks-are-final",
                        "ViewBook",
                        "Certificate c = s.certificate(VoteKind.FINALIZE);",
                        "Certificate c = s.notarization().orElse(null);"),
                // Commonware #2050: a restarted validator votes in views it was in before
                of("restarts-in-an-old-view", "Pacemaker", "view = Math.max(view, seen);", ""),
                of("recovers-votes-of-peers-only", "OwnVotes", "vote.validator() == self &&", "vote.validator() != self &&"),
                of(
                        "unreliable-answers-count",
                        "OwnVotes",
                        "if (!m.reliable() || !isProven(",
                        "if (!isProven("),
                of(
                        "unproven-answers-count",
                        "OwnVotes",
                        "if (!m.reliable() || !isProven(from, m, certificates)) {",
                        "if (!m.reliable()) {"),
                of(
                        "rejoins-whatever-view-was-proven",
                        "OwnVotes",
                        "provenView = Math.max(provenView, m.view());",
                        ""),
                of("log-never-synced", "VoteLog", "file.append(frame);\n            file.force();", "file.append(frame);"),
                of(
                        "compaction-forgets-the-floor",
                        "VoteLog",
                        "(record.view() > finalizedView || atFloor)",
                        "(record.view() > finalizedView + 1 || atFloor)"),
                // what may be proposed and voted for
                of(
                        "proposes-over-open-views",
                        "ViewBook",
                        "if (nullification == null) {\n                return null;",
                        "if (nullification == null) {\n                continue;"),
                of(
                        "jumps-on-one-vote",
                        "Ballots",
                        "if (st.view() > pacemaker.view() + VOTES_AHEAD) {",
                        "if (st.view() > pacemaker.view() + VOTES_AHEAD) {\n            enter(st.view());"),
                of(
                        "votes-far-ahead-are-kept",
                        "Ballots",
                        "if (st.view() > pacemaker.view() + VOTES_AHEAD) {",
                        "if (st.view() < 0) {"),
                of(
                        "votes-in-anothers-name-count",
                        "Ballots",
                        "if (vote.validator() != from\n                || st.epoch()",
                        "if (vote.validator() < 0\n                || st.epoch()"),
                // going on
                of("timer-begins-anew-with-every-message", "Pacemaker", "} else if (armedNanos == Turn.NEVER) {", "} else {"),
                of(
                        "tells-nobody-where-it-is",
                        "Positions",
                        "lastNanos = turn.now();\n        turn.broadcast(position());",
                        "lastNanos = turn.now();"),
                of(
                        "one-failed-question-is-the-last",
                        "CatchUp",
                        "asking = false;\n        behindSinceNanos = now;",
                        "behindSinceNanos = now;"),
                of("believes-liars-again", "CatchUp", "peers.distrustClaim(peer, now);", ""),
                of(
                        "forged-votes-keep-true-ones-out",
                        "ViewState",
                        "                        drop(v);\n",
                        ""),
                of("a-damaged-body-is-kept", "BlockIntake", "shelf.remove(damaged);\n", "\n"),
                of("keeps-final-blocks-waiting", "SimplexCore", "shelf.forget(views.headView(), views::isNotarized);", ""),
                of("never-prunes-transactions", "SimplexCore",
                        "pending.finalized(executed.stream().map(ExecutedBlock::block).toList(), views.headId());", ""));
    }

    private static ProtocolMutant of(String name, String file, String original, String replacement) {
        return new ProtocolMutant(name, file + ".java", original, replacement);
    }
}
