package online.hypermesh.impl.asset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import online.hypermesh.api.asset.Asset;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.content.StorageReceipt;
import online.hypermesh.impl.seal.Envelope;
import online.hypermesh.impl.seal.RecipientKey;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class AssetModuleTests {
    private static final Digest LIST = Digest.sha256(new byte[] {1});
    private final Genesis genesis = genesis();
    private final SigningKey owner = key(50);
    private final AssetModule module = new AssetModule();
    private final State state = new State();

    @Test
    void attestedContentIsRecordedUnderItsTransaction() {
        Transaction t = transaction(registration("report", receipts(LIST, 5, 900, 0, 1, 2)));
        Outcome outcome = execute(t);
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Applied.class, a -> assertThat(a.result()).isEqualTo(t.id().toBytes()));
        Asset asset = AssetModule.find(state, t.id()).orElseThrow();
        assertThat(asset.owner()).isEqualTo(NodeId.of(owner.verifyKey()));
        assertThat(asset.label()).isEqualTo("report");
        assertThat(asset.packListId()).isEqualTo(LIST);
        assertThat(asset.height()).isEqualTo(7);
        assertThat(AssetModule.decode(AssetModule.encode(asset)).envelope()).isEqualTo(asset.envelope());
        assertThat(state.get(AssetModule.labelKey(asset.owner(), "report"))).hasValue(t.id().toBytes());
    }

    @Test
    void theNewestOfALabelIsTheOneFound() {
        execute(transaction(registration("report", receipts(LIST, 5, 900, 0, 1, 2))));
        Transaction second = transaction(registration("report", receipts(LIST, 5, 900, 1, 2, 3)));
        execute(second);
        assertThat(state.get(AssetModule.labelKey(NodeId.of(owner.verifyKey()), "report")))
                .hasValue(second.id().toBytes());
    }

    @Test
    void tooFewReceiptsAreRefused() {
        refused("TOO_FEW_RECEIPTS", registration("a", receipts(LIST, 5, 900, 0, 1)));
        refused("TOO_FEW_RECEIPTS", registration("a", List.of()));
    }

    @Test
    void receiptsOfOneValidatorCountOnce() {
        refused("INVALID_RECEIPT", registration("a", receipts(LIST, 5, 900, 0, 1, 1)));
    }

    @Test
    void receiptsForSomethingElseAreRefused() {
        refused("INVALID_RECEIPT", registration("a", receipts(Digest.ZERO, 5, 900, 0, 1, 2)));
        refused("INVALID_RECEIPT", registration("a", receipts(LIST, 4, 900, 0, 1, 2)));
        refused("INVALID_RECEIPT", registration("a", receipts(LIST, 5, 901, 0, 1, 2)));
    }

    @Test
    void receiptsOfStrangersAreRefused() {
        List<StorageReceipt> receipts = new ArrayList<>(receipts(LIST, 5, 900, 0, 1));
        receipts.add(StorageReceipt.sign(genesis.networkId(), key(99), LIST, 5, 900));
        refused("INVALID_RECEIPT", registration("a", receipts));
    }

    @Test
    void forgedReceiptsAreRefused() {
        List<StorageReceipt> receipts = new ArrayList<>(receipts(LIST, 5, 900, 0, 1));
        receipts.add(new StorageReceipt(
                genesis.networkId(),
                LIST,
                5,
                900,
                key(12).verifyKey(),
                receipts.get(0).signature()));
        refused("INVALID_RECEIPT", registration("a", receipts));
    }

    @Test
    void anEnvelopeOfSomebodyElseOrSomethingElseIsRefused() {
        List<StorageReceipt> receipts = receipts(LIST, 5, 900, 0, 1, 2);
        refused(
                "INVALID_ENVELOPE",
                new AssetRegistration("a", LIST, 5, 1, envelope(genesis.networkId(), LIST, key(51)), 900, receipts));
        refused(
                "INVALID_ENVELOPE",
                new AssetRegistration(
                        "a", LIST, 5, 1, envelope(genesis.networkId(), Digest.ZERO, owner), 900, receipts));
        refused(
                "WRONG_NETWORK",
                new AssetRegistration("a", LIST, 5, 1, envelope(new NetworkId(LIST), LIST, owner), 900, receipts));
        byte[] tampered = envelope(genesis.networkId(), LIST, owner);
        tampered[tampered.length - 1] ^= 1;
        refused("INVALID_ENVELOPE", new AssetRegistration("a", LIST, 5, 1, tampered, 900, receipts));
    }

    @Test
    void malformedPayloadsAreRefusedByTheDecoder() {
        byte[] good = registration("a", receipts(LIST, 5, 900, 0, 1, 2)).encode();
        assertThat(AssetRegistration.decode(good).encode()).isEqualTo(good);
        for (int n = 0; n < good.length; n += 13) {
            byte[] cut = Arrays.copyOf(good, n);
            assertThatThrownBy(() -> AssetRegistration.decode(cut)).isInstanceOf(CborException.class);
        }
        assertThatThrownBy(() -> registration("", List.of())).hasMessageContaining("label");
        assertThatThrownBy(() -> registration("x".repeat(256), List.of())).hasMessageContaining("label");
        assertThatThrownBy(() -> new AssetRegistration("a", LIST, 5, 6, new byte[0], 900, List.of()))
                .hasMessageContaining("manifestPacks");
    }

    @Test
    void theRegistryHoldsWhatWasAppliedOnly() {
        FinalizedAssetRegistry registry = new FinalizedAssetRegistry();
        Transaction applied = transaction(registration("report", receipts(LIST, 5, 900, 0, 1, 2)));
        Transaction refused = transaction(registration("draft", List.of()));
        Transaction newer = transaction(registration("report", receipts(LIST, 5, 900, 1, 2, 3)));
        registry.finalized(
                block(applied, refused, newer),
                List.of(Outcome.applied(), Outcome.refused("TOO_FEW_RECEIPTS", ""), Outcome.applied()));
        assertThat(registry.list()).extracting(Asset::id).containsExactly(applied.id(), newer.id());
        assertThat(registry.find(refused.id())).isEmpty();
        assertThat(registry.find(applied.id()).orElseThrow().height()).isEqualTo(7);
        assertThat(registry.newest(applied.senderId(), "report").orElseThrow().id())
                .isEqualTo(newer.id());
        assertThat(registry.newest(applied.senderId(), "draft")).isEmpty();
    }

    private FinalizedBlock block(Transaction... transactions) {
        BlockHeader header = new BlockHeader(
                BlockHeader.VERSION,
                genesis.networkId(),
                0,
                7,
                6,
                7,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                1,
                NodeId.of(owner.verifyKey()),
                Digest.ZERO,
                0,
                2026);
        return new FinalizedBlock(
                new Block(header, List.of(transactions)),
                new Certificate(new VoteStatement(VoteKind.FINALIZE, 0, 7, header.id()), List.of()));
    }

    private void refused(String code, AssetRegistration registration) {
        assertThat(execute(transaction(registration)))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class, r -> assertThat(r.code()).isEqualTo(code));
        assertThat(state.values).isEmpty();
    }

    private AssetRegistration registration(String label, List<StorageReceipt> receipts) {
        return new AssetRegistration(label, LIST, 5, 1, envelope(genesis.networkId(), LIST, owner), 900, receipts);
    }

    private static byte[] envelope(NetworkId network, Digest subject, SigningKey author) {
        return Envelope.seal(
                        network,
                        subject,
                        author,
                        List.of(RecipientKey.fromSeed(new byte[32]).publicKey()),
                        SecretBytes.copyOf(new byte[32]),
                        new SecureRandom())
                .encode();
    }

    private List<StorageReceipt> receipts(Digest list, int count, long bytes, int... validators) {
        List<StorageReceipt> receipts = new ArrayList<>();
        for (int v : validators) {
            receipts.add(StorageReceipt.sign(genesis.networkId(), key(10 + v), list, count, bytes));
        }
        return receipts;
    }

    private Transaction transaction(AssetRegistration registration) {
        return Transaction.sign(genesis.networkId(), owner, 1, AssetModule.NAME, registration.encode());
    }

    private Outcome execute(Transaction t) {
        return module.execute(new Context(t), t.payload(), state);
    }

    private static Genesis genesis() {
        List<GenesisValidator> validators = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            validators.add(new GenesisValidator(
                    "n" + (i + 1),
                    key(10 + i).verifyKey(),
                    key(20 + i).verifyKey(),
                    key(30 + i).verifyKey(),
                    1));
        }
        return new Genesis("assets", 1, validators, List.of(), Parameters.DEFAULT);
    }

    private static SigningKey key(int seed) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) seed);
        return SigningKey.fromSeed(bytes);
    }

    private final class Context implements ExecutionContext {
        private final Transaction transaction;

        Context(Transaction transaction) {
            this.transaction = transaction;
        }

        @Override
        public Genesis genesis() {
            return genesis;
        }

        @Override
        public Transaction transaction() {
            return transaction;
        }

        @Override
        public NodeId sender() {
            return transaction.senderId();
        }

        @Override
        public Digest transactionId() {
            return transaction.id();
        }

        @Override
        public long height() {
            return 7;
        }

        @Override
        public long timeMillis() {
            return 1;
        }

        @Override
        public StateReader stateOf(String name) {
            return key -> Optional.empty();
        }
    }

    private static final class State implements StateWriter {
        private final Map<Digest, byte[]> values = new TreeMap<>();

        @Override
        public void put(byte[] key, byte[] value) {
            values.put(Digest.sha256(key), value.clone());
        }

        @Override
        public void remove(byte[] key) {
            values.remove(Digest.sha256(key));
        }

        @Override
        public Optional<byte[]> get(byte[] key) {
            return Optional.ofNullable(values.get(Digest.sha256(key)));
        }
    }
}
