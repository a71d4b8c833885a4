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
                        "batch-certificate-of-another-epoch",
                        "BatchBook",
                        "statement.epoch() != seat.epoch()\n                ||",
                        ""),
                of(
                        "batch-epoch-unchecked-in-parts",
                        "BodyParts",
                        "c.statement().epoch() != epoch ||",
                        ""));
    }

    private static ProtocolMutant of(String name, String file, String original, String replacement) {
        return new ProtocolMutant(name, file + ".java", original, replacement);
    }
}
