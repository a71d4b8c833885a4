package online.hypermesh.impl.content.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import online.hypermesh.api.asset.Asset;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.impl.content.ChunkIndex;
import online.hypermesh.impl.content.ContentKeys;
import online.hypermesh.impl.content.ContentReader;
import online.hypermesh.impl.content.ContentWriter;
import online.hypermesh.impl.content.HeapPackStorage;
import online.hypermesh.impl.content.PackList;
import online.hypermesh.impl.content.StorageReceipt;
import online.hypermesh.impl.content.StoredContent;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PackExchangeTests {
    private static final ExchangeSettings QUICK =
            new ExchangeSettings(4, Duration.ofSeconds(2), Duration.ofMillis(600), Duration.ofSeconds(1));

    private final MessengerNetwork network = new MessengerNetwork();
    private final Genesis genesis = genesis();
    private final List<HeapPackStorage> stores = new ArrayList<>();
    private final List<Messenger> messengers = new ArrayList<>();
    private final List<PackExchange> exchanges = new ArrayList<>();
    private final SigningKey client = key(50);
    private final Messenger clientMessenger = network.join(client.verifyKey());
    private volatile Optional<String> refusal = Optional.empty();

    @BeforeEach
    void start() {
        for (int i = 0; i < 4; i++) {
            stores.add(new HeapPackStorage());
            messengers.add(network.join(key(10 + i).verifyKey()));
            exchanges.add(
                    new PackExchange(genesis, key(10 + i), messengers.get(i), stores.get(i), (p, o) -> refusal, QUICK));
        }
    }

    @AfterEach
    void stop() {
        exchanges.forEach(PackExchange::close);
    }

    @Test
    void committedContentIsHeldByAllAndReadFromAny() throws IOException {
        byte[] content = content(3_000_000);
        StoredContent stored = store(content);
        List<StorageReceipt> receipts = commit(stored);
        assertThat(receipts).hasSizeGreaterThanOrEqualTo(3);
        assertThat(receipts).allMatch(StorageReceipt::signatureHolds);
        assertThat(receipts.stream().map(StorageReceipt::signerId).distinct()).hasSameSizeAs(receipts);
        assertThat(receipts)
                .allMatch(r -> r.storedBytes() == stored.storedBytes()
                        && r.packCount() == stored.reference().packCount());
        for (int i = 0; i < 4; i++) {
            try (RemotePackStore remote = remote(i)) {
                assertThat(read(stored, remote)).isEqualTo(content);
            }
        }
        assertThat(stores.get(0).syncs).isPositive();
    }

    @Test
    void aDeadPeerNeitherStopsACommitNorIsAskedForEveryPack() throws IOException {
        network.dead.add(validator(1));
        StoredContent stored = store(content(6_000_000));
        assertThat(commit(stored)).hasSize(3).noneMatch(r -> r.signerId().equals(validator(1)));
        assertThat(network.calls(validator(1), PackExchange.PUT_SERVICE)).isLessThanOrEqualTo(QUICK.window());
        assertThat(stores.get(1).packs).isEmpty();
    }

    @Test
    void aMutePeerNeitherStopsACommitNorFillsMemory() throws IOException {
        network.mute.add(validator(1));
        StoredContent stored = store(content(12_000_000));
        assertThat(commit(stored)).hasSize(3);
        assertThat(network.calls(validator(1), PackExchange.PUT_SERVICE)).isLessThanOrEqualTo(QUICK.window() * 2);
    }

    @Test
    void withoutAQuorumTheSilentAreNamed() throws IOException {
        network.dead.add(validator(1));
        network.dead.add(validator(2));
        StoredContent stored = store(content(100_000));
        refused(Code.QUORUM_UNREACHABLE, () -> commit(stored), "2 of 4", "3 needed", "n2 (", "n3 (");
    }

    @Test
    void aPeerThatComesBackDuringACommitIsAskedAgain() throws IOException {
        ExchangeSettings patient =
                new ExchangeSettings(4, Duration.ofSeconds(2), Duration.ofSeconds(20), Duration.ofMillis(50));
        network.dead.add(validator(2));
        network.dead.add(validator(3));
        try (PackExchange front = new PackExchange(
                genesis, key(10), network.join(key(10).verifyKey()), stores.get(0), (p, o) -> refusal, patient)) {
            StoredContent stored = store(content(100_000));
            Thread healer = new Thread(() -> {
                while (network.calls(validator(3), PackExchange.COMMIT_SERVICE) < 2) {
                    Thread.onSpinWait();
                }
                network.dead.remove(validator(3));
            });
            healer.start();
            assertThat(front.commit(stored.reference().packListId())).hasSize(3);
        }
    }

    @Test
    void whatAPeerMissedItFetchesWhenAskedToAttest() throws IOException {
        network.dead.add(validator(1));
        StoredContent stored = store(content(3_000_000));
        network.dead.clear();
        network.dead.add(validator(2));
        awaitPause();
        assertThat(commit(stored)).anyMatch(r -> r.signerId().equals(validator(1)));
        assertThat(stores.get(1).packs.keySet()).isEqualTo(stores.get(0).packs.keySet());
    }

    @Test
    void repairFetchesWhatIsMissing() throws IOException {
        StoredContent stored = store(content(3_000_000));
        commit(stored);
        Asset asset = new Asset(
                Digest.ZERO,
                stored.reference().owner(),
                "file",
                stored.reference().packListId(),
                stored.reference().packCount(),
                stored.reference().manifestPacks(),
                stored.reference().envelope(),
                stored.storedBytes(),
                1);
        stores.get(3).packs.clear();
        assertThat(exchanges.get(3).repair(asset)).isEqualTo(stored.reference().packCount() + 1);
        assertThat(exchanges.get(3).repair(asset)).isZero();
        assertThat(stores.get(3).bytes()).isEqualTo(stored.newBytes());
    }

    @Test
    void aPackThatIsNowhereIsNamed() throws IOException {
        StoredContent stored = storedWithoutLast(3_000_000);
        PackList list = PackList.read(
                stored.reference().packListId(), id -> stores.get(0).get(id).orElseThrow());
        Digest lost = list.packs().get(1);
        stores.forEach(s -> s.packs.remove(lost));
        refused(Code.NOT_FOUND, () -> commit(stored), lost.toHex());
    }

    @Test
    void aPackListThatLiesAboutItsLengthGetsNoReceipt() {
        Digest pack = exchanges.get(0).put(new byte[1000]);
        Digest list = exchanges.get(0).put(new PackList(999, List.of(pack)).encode());
        refused(Code.MALFORMED, () -> exchanges.get(0).commit(list), "999", "1000");
    }

    @Test
    void aPeerThatGivesOtherBytesIsNotBelieved() throws IOException {
        StoredContent stored = storedWithoutLast(100_000);
        Digest id = stored.reference().packListId();
        byte[] right = stores.get(0).packs.get(id);
        stores.get(0).packs.put(id, new byte[] {1});
        assertThat(exchanges.get(3).get(id))
                .hasValueSatisfying(p -> assertThat(p).isEqualTo(right));
        assertThat(stores.get(3).packs).containsKey(id);
    }

    @Test
    void otherBytesFromEverybodyAreNeitherGivenNorKept() throws IOException {
        StoredContent stored = storedWithoutLast(100_000);
        Digest id = stored.reference().packListId();
        stores.forEach(s -> s.packs.put(id, new byte[] {1}));
        stores.get(3).packs.remove(id);
        int before = stores.get(3).packs.size();
        refused(Code.QUORUM_UNREACHABLE, () -> exchanges.get(3).get(id), id.toHex(), "gave other bytes");
        assertThat(stores.get(3).packs).hasSize(before);
    }

    @Test
    void aRefusedClientIsToldWhy() {
        refusal = Optional.of("no rule allows it; ask an operator");
        try (RemotePackStore remote = remote(0)) {
            remote.put(new byte[10]);
            refused(Code.DENIED, remote::flush, "PUT", "no rule allows it");
            refused(Code.DENIED, () -> remote.get(Digest.ZERO), "GET");
            refused(Code.DENIED, () -> remote.commit(Digest.ZERO), "COMMIT");
        }
        assertThat(stores.get(0).packs).isEmpty();
    }

    @Test
    void onlyValidatorsExchangeReplicas() {
        byte[] replica = ExchangeMessages.put(ExchangeMessages.REPLICA, new byte[10]);
        assertThatThrownBy(() ->
                        clientMessenger.request(validator(0), PackExchange.PUT_SERVICE, replica, Duration.ofSeconds(1)))
                .isInstanceOfSatisfying(
                        StoqException.class, e -> assertThat(e.remoteCode()).isEqualTo("DENIED"));
    }

    @Test
    void malformedRequestsAreRefusedAndHarmNobody() {
        Random random = new Random(7);
        for (int service = 20; service <= 22; service++) {
            for (int i = 0; i < 200; i++) {
                byte[] junk = new byte[random.nextInt(60)];
                random.nextBytes(junk);
                int s = service;
                assertThatThrownBy(() -> clientMessenger.request(validator(0), s, junk, Duration.ofSeconds(1)))
                        .isInstanceOfSatisfying(
                                StoqException.class,
                                e -> assertThat(e.remoteCode()).isEqualTo("MALFORMED_ENCODING"));
            }
        }
        byte[] large = new byte[ExchangeMessages.MAX_PUT_BYTES + 1];
        assertThatThrownBy(() -> clientMessenger.request(validator(0), 20, large, Duration.ofSeconds(1)))
                .isInstanceOf(StoqException.class);
        assertThat(stores.get(0).packs).isEmpty();
    }

    @Test
    void aSlowValidatorHoldsOnlyItsOwnShareOfThePlaces() throws Exception {
        Digest list = exchanges.get(0).put(oneTinyList());
        network.mute.add(validator(1));
        List<Thread> slow = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Thread asking = new Thread(() -> assertThatThrownBy(() -> attest(1, Digest.ZERO)));
            asking.start();
            slow.add(asking);
        }
        while (network.calls(validator(1), PackExchange.GET_SERVICE) < 2) {
            Thread.onSpinWait();
        }
        assertThatThrownBy(() -> attest(1, Digest.ZERO))
                .isInstanceOfSatisfying(
                        StoqException.class, e -> assertThat(e.remoteCode()).isEqualTo("BUSY"));
        assertThat(ExchangeMessages.readReceipts(attest(2, list))).hasSize(1);
        for (Thread asking : slow) {
            asking.join();
        }
        network.mute.clear();
        assertThat(ExchangeMessages.readReceipts(attest(1, list))).hasSize(1);
    }

    @Test
    void aClosedClientRefusesToStore() {
        RemotePackStore remote = remote(0);
        remote.close();
        refused(Code.CLOSED, () -> remote.put(new byte[10]), "closed");
    }

    @Test
    void aNodeThatDiesUnderAnUploadIsReported() {
        network.dead.add(validator(0));
        try (RemotePackStore remote = remote(0)) {
            remote.put(new byte[10]);
            assertThatThrownBy(remote::flush)
                    .isInstanceOfSatisfying(
                            StoqException.class, e -> assertThat(e.code()).isEqualTo(StoqException.Code.UNREACHABLE));
            network.dead.clear();
            remote.put(new byte[10]);
            remote.flush();
        }
        assertThat(stores.get(0).packs).hasSize(1);
    }

    /** Waits until a peer that failed may be tried again. */
    @Test
    void aPackIsNotCalledLostBecauseItsHoldersWereAwayAMomentAgo() throws IOException {
        StoredContent stored = storedWithoutLast(100_000);
        Digest id = stored.reference().packListId();
        List.of(0, 1, 2).forEach(i -> network.dead.add(validator(i)));
        refused(Code.QUORUM_UNREACHABLE, () -> exchanges.get(3).get(id), id.toHex(), "Ask again");

        network.dead.clear();

        assertThat(exchanges.get(3).get(id)).isPresent();
    }

    private void awaitPause() {
        long end = System.nanoTime() + QUICK.pauseAfterFailure().toNanos();
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    private byte[] oneTinyList() {
        Digest pack = exchanges.get(0).put(new byte[1000]);
        return new PackList(1000, List.of(pack)).encode();
    }

    /** Asks the first node for a receipt, as another validator does. */
    private byte[] attest(int asking, Digest list) {
        return messengers
                .get(asking)
                .request(
                        validator(0),
                        PackExchange.COMMIT_SERVICE,
                        ExchangeMessages.idRequest(ExchangeMessages.REPLICA, list),
                        Duration.ofSeconds(5));
    }

    private StoredContent store(byte[] content) throws IOException {
        try (RemotePackStore remote = remote(0)) {
            return new ContentWriter(
                            genesis.networkId(), client, keys(), ChunkIndex.inMemory(), remote, new SecureRandom())
                    .write(new ByteArrayInputStream(content));
        }
    }

    /** Content that the last node has nothing of, and of which nothing is still on its way to it. */
    private StoredContent storedWithoutLast(int length) throws IOException {
        network.dead.add(validator(3));
        StoredContent stored = store(content(length));
        commit(stored);
        network.dead.clear();
        return stored;
    }

    private List<StorageReceipt> commit(StoredContent stored) {
        try (RemotePackStore remote = remote(0)) {
            return remote.commit(stored.reference().packListId());
        }
    }

    private byte[] read(StoredContent stored, RemotePackStore remote) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new ContentReader(genesis.networkId(), keys(), remote).read(stored.reference(), out);
        return out.toByteArray();
    }

    private RemotePackStore remote(int node) {
        return new RemotePackStore(clientMessenger, validator(node), QUICK);
    }

    private NodeId validator(int i) {
        return genesis.validators().get(i).nodeId();
    }

    private static ContentKeys keys() {
        return ContentKeys.fromSeed(new byte[32]);
    }

    private static void refused(Code code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String... says) {
        assertThatThrownBy(call).isInstanceOfSatisfying(HypermeshException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e.getMessage()).contains(says);
        });
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
        return new Genesis("exchange", 1, validators, List.of(), Parameters.DEFAULT);
    }

    private static SigningKey key(int seed) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) seed);
        return SigningKey.fromSeed(bytes);
    }

    private static byte[] content(int length) {
        byte[] b = new byte[length];
        new Random(length).nextBytes(b);
        return b;
    }
}
