package online.hypermesh.sim;

import java.util.List;

/** Deliberate errors of batches and what certifies them. */
final class BatchMutants {
    private BatchMutants() {}

    static List<ProtocolMutant> all() {
        return List.of(
                of(
                        "batch-certificate-of-a-third",
                        "AvailabilityCertificate",
                        "&& set.isQuorum(stake)",
                        "&& stake <= set.totalStake()"),
                of(
                        "batch-references-unchecked",
                        "PartedProposals",
                        "|| !m.parts().batches().stream().allMatch(batches::accepts)",
                        ""),
                of(
                        "batch-dropped-when-certified",
                        "BatchBook",
                        "        h.certificate = certificate;\n        List<BodyEntry> entries",
                        "        h.certificate = certificate;\n        if (h.batch.maker() != seat.self()) {\n"
                                + "            held.remove(h.batch.id());\n            released(h);\n            return;\n        }\n"
                                + "        List<BodyEntry> entries"),
                of(
                        "batch-promised-before-durable",
                        "BatchBook",
                        "        turn.persist(new VoteRecord.Held(batch));\n        promise(from, batch);",
                        "        promise(from, batch);\n        turn.persist(new VoteRecord.Held(batch));"),
                of(
                        "batch-signers-counted-twice",
                        "AvailabilityCertificate",
                        "if (s.validator() <= last ||",
                        "if (s.validator() < last ||"),
                of(
                        "batch-signatures-unchecked",
                        "AvailabilityCertificate",
                        "&& signatures.stream().allMatch(",
                        "&& true || signatures.stream().allMatch("),
                of(
                        "batch-quota-unbounded",
                        "BatchBook",
                        "return countOf[maker] < MAX_OF_MAKER && bytesOf",
                        "return bytesOf"),
                of(
                        "batch-let-go-with-its-first-final-entry",
                        "BatchBook",
                        "            if (h.isOver()) {\n                all.remove();",
                        "            if (h.isOver() || !java.util.Collections.disjoint(h.open.keySet(), last.keySet())) {\n                all.remove();"),
                of("batch-held-though-over", "BatchBook", "return; // it comes late", "h.isOver(); // it comes late"),
                of(
                        "batch-forgotten-by-compaction",
                        "VoteLog",
                        "                    || record instanceof VoteRecord.Let\n",
                        "                    || record instanceof VoteRecord.Let\n                    || record instanceof VoteRecord.Held\n"),
                of(
                        "batch-inline-unbounded",
                        "PartedProposals",
                        "return entries.size() <= 1\n",
                        "return entries.size() <= 1_000_000\n"),
                of(
                        "batch-before-in-force",
                        "SimplexCore",
                        "tree.protocolVersion() >= ProtocolVersions.BATCHES;",
                        "true;"));
    }

    private static ProtocolMutant of(String name, String file, String original, String replacement) {
        return new ProtocolMutant(name, file + ".java", original, replacement);
    }
}
