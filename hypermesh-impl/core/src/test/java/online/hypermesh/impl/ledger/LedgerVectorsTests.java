package online.hypermesh.impl.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static online.hypermesh.impl.ledger.Network4.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.Transaction;
import org.junit.jupiter.api.Test;

/**
 * The published vectors are what this code computes. After a deliberate change of the format, which needs a new version,
 * {@code -Dhypermesh.vectors.write=true} writes them anew.
 */
class LedgerVectorsTests {
    private static final Path FILE = Path.of("../../docs/spec/vectors/ledger.json");

    private final List<String> lines = new ArrayList<>();
    private final Network4 net = new Network4();

    private void vector(String name, String... fields) {
        StringBuilder line = new StringBuilder("    {\"name\": \"" + name + "\"");
        for (int i = 0; i < fields.length; i += 2) {
            line.append(", \"")
                    .append(fields[i])
                    .append("\": \"")
                    .append(fields[i + 1])
                    .append('"');
        }
        lines.add(line.append('}').toString());
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private void state() {
        StateTree tree = StateTree.EMPTY;
        vector("state/empty", "root", tree.root().toHex(), "path", hex(tree.path("kv", utf8("a"))));
        for (String key : List.of("a", "b", "c", "d", "e")) {
            tree = tree.put("kv", utf8(key), utf8("value of " + key));
            vector(
                    "state/put",
                    "module",
                    "kv",
                    "key",
                    hex(utf8(key)),
                    "value",
                    hex(utf8("value of " + key)),
                    "place",
                    StateNode.place("kv", utf8(key)).toHex(),
                    "entry",
                    StateNode.entryHash("kv", utf8(key), utf8("value of " + key))
                            .toHex(),
                    "root",
                    tree.root().toHex());
        }
        vector(
                "state/present",
                "key",
                hex(utf8("c")),
                "path",
                hex(tree.path("kv", utf8("c"))),
                "root",
                tree.root().toHex());
        vector(
                "state/absent",
                "key",
                hex(utf8("z")),
                "path",
                hex(tree.path("kv", utf8("z"))),
                "root",
                tree.root().toHex());
        tree = tree.remove("kv", utf8("c"));
        vector("state/removed", "key", hex(utf8("c")), "root", tree.root().toHex());
    }

    private void chain() {
        BlockHeader genesis = net.tree.finalizedHead();
        vector(
                "genesis",
                "genesis",
                hex(net.genesis.encode()),
                "networkId",
                net.genesis.networkId().toString(),
                "header",
                hex(genesis.encode()),
                "id",
                genesis.id().toHex(),
                "stateRoot",
                net.tree.stateRoot(genesis.id()).toHex());
        Transaction put = net.put(50, 7, "a", "1");
        Transaction refused = net.transaction(51, 1, "kv", new byte[] {(byte) 0xff});
        vector("transaction", "bytes", hex(put.encode()), "id", put.id().toHex());
        Block block = net.commit(put, refused);
        assertThat(net.tree.outcomes(block.id()).get(1)).isInstanceOf(Outcome.Refused.class);
        vector(
                "block",
                "header",
                hex(block.header().encode()),
                "body",
                hex(Block.encodeBody(block.entries())),
                "id",
                block.id().toHex(),
                "stateRoot",
                net.tree.stateRoot(block.id()).toHex(),
                "receiptsRoot",
                Receipts.of(block, net.tree.outcomes(block.id())).root().toHex());
        Block child = net.commit();
        Block certified = net.commit();
        Certificate certificate = net.certificate(VoteKind.FINALIZE, certified.header(), 0, 2, 3);
        List<Link> links = List.of(new Link(certified.header()));
        Receipts receipts = Receipts.of(block, net.tree.outcomes(block.id()));
        for (int i = 0; i < 2; i++) {
            Receipt receipt = receipts.receipt(i, child.header(), certificate, links);
            vector("receipt", "encoded", hex(receipt.encode()));
        }
        for (String key : List.of("a", "nobody")) {
            StateProof proof = new StateProof(
                    "kv",
                    utf8(key),
                    net.tree.state(block.id(), "kv").get(utf8(key)),
                    net.tree.treePath(block.id(), "kv", utf8(key)),
                    child.header(),
                    certificate,
                    links);
            vector("state-proof", "encoded", hex(proof.encode()));
        }
        bundle();
    }

    private void bundle() {
        Bundle bundle = net.bundle(52, 1, "x", "y");
        vector(
                "bundle",
                "bytes",
                hex(bundle.encode()),
                "id",
                bundle.id().toHex(),
                "firstTransactionId",
                bundle.transactions().get(0).id().toHex(),
                "lastTransactionId",
                bundle.transactions().get(1).id().toHex());
        Block block = net.commit(net.put(51, 2, "c", "3"), bundle);
        vector(
                "block",
                "header",
                hex(block.header().encode()),
                "body",
                hex(Block.encodeBody(block.entries())),
                "id",
                block.id().toHex(),
                "stateRoot",
                net.tree.stateRoot(block.id()).toHex(),
                "receiptsRoot",
                net.tree.receipts(block.id()).root().toHex());
        Block child = net.commit();
        vector(
                "bundle-receipt",
                "encoded",
                hex(net.tree
                        .receipts(block.id())
                        .receipt(
                                bundle,
                                1,
                                child.header(),
                                net.certificate(VoteKind.FINALIZE, child.header(), 0, 1, 2),
                                List.of())
                        .encode()));
        history();
    }

    private void history() {
        AncestorIndex index =
                new AncestorIndex(height -> net.chain.get((int) height).id());
        net.chain.forEach(h -> index.add(h.id()));
        BlockHeader anchor = net.tree.finalizedHead();
        vector(
                "ancestor-proof",
                "encoded",
                hex(new AncestorProof(
                                net.chain.get(2),
                                index.path(2, anchor.height()),
                                anchor,
                                net.certificate(VoteKind.FINALIZE, anchor, 0, 1, 2),
                                List.of())
                        .encode()));
    }

    @Test
    void theCodeComputesThePublishedVectors() throws IOException {
        state();
        chain();
        String json = "{\n  \"spec\": \"docs/spec/ledger.md\",\n  \"vectors\": [\n" + String.join(",\n", lines)
                + "\n  ]\n}\n";
        if (Boolean.getBoolean("hypermesh.vectors.write")) {
            Files.createDirectories(FILE.getParent());
            Files.writeString(FILE, json);
        }
        assertThat(json).isEqualTo(Files.readString(FILE));
    }

    @Test
    void thePublishedProofsConvinceALightClient() throws IOException {
        CertificateLightClient client = new CertificateLightClient(net.genesis);
        int proofs = 0;
        for (String line : Files.readAllLines(FILE, UTF_8)) {
            int at = line.indexOf("\"encoded\": \"");
            if (at < 0) {
                continue;
            }
            byte[] encoded = HexFormat.of().parseHex(line.substring(at + 12, line.lastIndexOf('"')));
            if (line.contains("\"receipt\"")) {
                Receipt receipt = Receipt.decode(encoded);
                assertThat(receipt.encode()).isEqualTo(encoded);
                assertThat(client.verify(receipt)).isEqualTo(Verdict.ACCEPTED);
                proofs++;
            } else if (line.contains("\"bundle-receipt\"")) {
                BundleReceipt receipt = BundleReceipt.decode(encoded);
                assertThat(receipt.encode()).isEqualTo(encoded);
                assertThat(client.verify(receipt)).isEqualTo(Verdict.ACCEPTED);
                proofs++;
            } else if (line.contains("\"ancestor-proof\"")) {
                AncestorProof proof = AncestorProof.decode(encoded);
                assertThat(proof.encode()).isEqualTo(encoded);
                assertThat(client.verify(proof)).isEqualTo(Verdict.ACCEPTED);
                proofs++;
            } else if (line.contains("\"state-proof\"")) {
                StateProof proof = StateProof.decode(encoded);
                assertThat(proof.encode()).isEqualTo(encoded);
                assertThat(client.verify(proof)).isEqualTo(Verdict.ACCEPTED);
                assertThat(proof.value().isPresent()).isEqualTo(new String(proof.key(), UTF_8).equals("a"));
                proofs++;
            }
        }
        assertThat(proofs).isEqualTo(6);
    }
}
