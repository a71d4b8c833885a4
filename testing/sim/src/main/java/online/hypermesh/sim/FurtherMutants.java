package online.hypermesh.sim;

import java.util.List;

/** Deliberate errors of which most were once made by another implementation of Simplex, or come close to one that was. */
final class FurtherMutants {
    private FurtherMutants() {}

    static List<ProtocolMutant> all() {
        return List.of(
                // ava-labs/Simplex #280: a path that only repeats votes signs one, in a view that was given up, or
                // (#290)
                // for a notarized block that the chain has bypassed
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
                // Commonware #2050: a restarted validator votes in views it was in before
                of(
                        "recovers-votes-of-peers-only",
                        "OwnVotes",
                        "vote.validator() == self &&",
                        "vote.validator() != self &&"),
                of("rejoins-whatever-view-was-proven", "OwnVotes", "provenView = Math.max(provenView, m.view());", ""),
                of(
                        "log-never-synced",
                        "VoteLog",
                        "file.append(frame);\n            file.force();",
                        "file.append(frame);"),
                of(
                        "compaction-forgets-votes",
                        "VoteLog",
                        "|| atFloor)) {",
                        "&& record instanceof VoteRecord.Kept || atFloor)) {"),
                // whose votes count, and for what
                of(
                        "jumps-on-one-vote",
                        "Ballots",
                        "if (st.view() > pacemaker.view() + VOTES_AHEAD) {",
                        "if (st.view() > pacemaker.view() + VOTES_AHEAD) {\n            enter(st.view());"),
                of(
                        "votes-in-anothers-name-count",
                        "Ballots",
                        "if (vote.validator() != from\n                || st.epoch()",
                        "if (vote.validator() < 0\n                || st.epoch()"),
                // going on
                of(
                        "timer-begins-anew-with-every-message",
                        "Pacemaker",
                        "} else if (armedNanos == Turn.NEVER) {",
                        "} else {"),
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
                of(
                        "keeps-final-blocks-waiting",
                        "SimplexCore",
                        "shelf.forget(views.headView(), views::isNotarized);",
                        ""));
    }

    private static ProtocolMutant of(String name, String file, String original, String replacement) {
        return new ProtocolMutant(name, file + ".java", original, replacement);
    }
}
