package online.hypermesh.impl.content.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.impl.content.ChunkIndex;
import online.hypermesh.impl.content.ContentKeys;
import online.hypermesh.impl.content.ContentReader;
import online.hypermesh.impl.content.ContentWriter;
import online.hypermesh.impl.content.StorageReceipt;
import online.hypermesh.impl.content.StoredContent;
import online.hypermesh.impl.storage.SegmentPackStorage;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PinnedPeers;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.memory.MemoryNetwork;
import online.hypermesh.stoq.messaging.Messengers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class PackExchangeOverMessengersTests {
    private static final ExchangeSettings SETTINGS =
            new ExchangeSettings(8, Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofSeconds(1));

    @TempDir
    Path dir;

    private final MemoryNetwork network = new MemoryNetwork();
    private final List<SigningKey> nodeKeys = new ArrayList<>();
    private final List<InetSocketAddress> addresses = new ArrayList<>();
    private final List<Messenger> messengers = new ArrayList<>();
    private final List<SegmentPackStorage> stores = new ArrayList<>();
    private final List<PackExchange> exchanges = new ArrayList<>();
    private final SigningKey client = key(50);
    private final Genesis genesis = genesis();

    @BeforeEach
    void start() {
        for (int i = 0; i < 4; i++) {
            nodeKeys.add(key(10 + i));
        }
        nodeKeys.add(client);
        Set<NodeId> all = new HashSet<>();
        nodeKeys.forEach(k -> all.add(NodeId.of(k.verifyKey())));
        for (SigningKey k : nodeKeys) {
            Credentials credentials = SelfSignedLeaf.create(k, genesis.networkId(), Duration.ofHours(1));
            Transport transport = network.open(
                    TransportConfig.builder(genesis.networkId(), k.verifyKey(), () -> credentials, new PinnedPeers(all))
                            .build());
            addresses.add(transport.localAddress());
            messengers.add(Messengers.over(transport));
        }
        for (Messenger m : messengers) {
            for (int i = 0; i < 4; i++) {
                m.route(new Endpoint(addresses.get(i), NodeId.of(nodeKeys.get(i).verifyKey())));
            }
        }
        for (int i = 0; i < 4; i++) {
            stores.add(SegmentPackStorage.open(dir.resolve("n" + i)));
            exchanges.add(new PackExchange(
                    genesis, nodeKeys.get(i), messengers.get(i), stores.get(i), (p, o) -> Optional.empty(), SETTINGS));
        }
    }

    @AfterEach
    void stop() {
        exchanges.forEach(PackExchange::close);
        messengers.forEach(Messenger::close);
        stores.forEach(SegmentPackStorage::close);
    }

    @Test
    void contentIsAcknowledgedAndReadWithOneNodeCutOff() throws IOException {
        byte[] content = new byte[20_000_000];
        new Random(1).nextBytes(content);
        network.unplug(addresses.get(1));
        StoredContent stored;
        List<StorageReceipt> receipts;
        try (RemotePackStore remote = remote(0)) {
            stored = new ContentWriter(
                            genesis.networkId(), client, keys(), ChunkIndex.inMemory(), remote, new SecureRandom())
                    .write(new ByteArrayInputStream(content));
            receipts = remote.commit(stored.reference().packListId());
        }
        assertThat(receipts)
                .hasSize(3)
                .noneMatch(r -> r.signer().equals(nodeKeys.get(1).verifyKey()));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (RemotePackStore remote = remote(2)) {
            new ContentReader(genesis.networkId(), keys(), remote).read(stored.reference(), out);
        }
        assertThat(out.toByteArray()).isEqualTo(content);
        network.plug(addresses.get(1));
        out.reset();
        messengers.forEach(Messenger::reconnect);
        try (RemotePackStore remote = remote(1)) {
            new ContentReader(genesis.networkId(), keys(), remote).read(stored.reference(), out);
        }
        assertThat(out.toByteArray()).isEqualTo(content);
        assertThat(stores.get(1).count()).isEqualTo(stores.get(0).count());
    }

    private RemotePackStore remote(int node) {
        return new RemotePackStore(
                messengers.get(4), NodeId.of(nodeKeys.get(node).verifyKey()), SETTINGS);
    }

    private static ContentKeys keys() {
        return ContentKeys.fromSeed(new byte[32]);
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
}
