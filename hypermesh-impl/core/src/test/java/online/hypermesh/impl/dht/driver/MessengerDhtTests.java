package online.hypermesh.impl.dht.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import online.hypermesh.api.dht.DhtMode;
import online.hypermesh.api.dht.NodeAddress;
import online.hypermesh.api.dht.ProviderRecord;
import online.hypermesh.api.dht.SignedRecord;
import online.hypermesh.impl.dht.DhtSettings;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PinnedPeers;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.memory.MemoryNetwork;
import online.hypermesh.stoq.messaging.Messengers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MessengerDhtTests {
    private static final int NODES = 5;
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final byte[] SALT = "name".getBytes(StandardCharsets.UTF_8);
    private static final long TOMORROW = System.currentTimeMillis() + 86_400_000;

    private final NetworkId id = new NetworkId(Digest.sha256(new byte[] {1}));
    private final MemoryNetwork network = new MemoryNetwork();
    private final List<SigningKey> keys = new ArrayList<>();
    private final List<InetSocketAddress> addresses = new ArrayList<>();
    private final List<Messenger> messengers = new ArrayList<>();
    private final List<MessengerDht> nodes = new ArrayList<>();

    @BeforeEach
    void start() {
        Set<NodeId> all = new HashSet<>();
        for (int i = 0; i < NODES; i++) {
            byte[] seed = new byte[32];
            Arrays.fill(seed, (byte) (i + 1));
            keys.add(SigningKey.fromSeed(seed));
            all.add(node(i));
        }
        for (int i = 0; i < NODES; i++) {
            SigningKey key = keys.get(i);
            Credentials credentials = SelfSignedLeaf.create(key, id, Duration.ofHours(1));
            Transport transport =
                    network.open(TransportConfig.builder(id, key.verifyKey(), () -> credentials, new PinnedPeers(all))
                            .build());
            addresses.add(transport.localAddress());
            messengers.add(Messengers.over(transport));
            // the last one only asks
            DhtMode mode = i == NODES - 1 ? DhtMode.CLIENT : DhtMode.SERVER;
            nodes.add(new MessengerDht(messengers.get(i), DhtSettings.of(id), mode, address(i), new SecureRandom()));
        }
        for (int i = 1; i < NODES; i++) {
            nodes.get(i).join(node(0), address(0), LONG);
        }
    }

    @AfterEach
    void stop() {
        nodes.forEach(MessengerDht::close);
        messengers.forEach(Messenger::close);
    }

    @Test
    void recordsAreReadWhereverTheyWereStoredAndOnlyNewerOnesReplaceThem() {
        SigningKey publisher = keys.get(2);
        SignedRecord first = SignedRecord.sign(publisher, id, SALT, 1, TOMORROW, new byte[] {1});
        assertThat(nodes.get(2).put(first, OptionalLong.empty(), LONG)).isGreaterThanOrEqualTo(2);
        assertThat(nodes.get(NODES - 1).get(publisher.verifyKey(), SALT, LONG)).contains(first);
        SignedRecord second = SignedRecord.sign(publisher, id, SALT, 2, TOMORROW, new byte[] {2});
        nodes.get(NODES - 1).put(second, OptionalLong.of(1), LONG);
        assertThat(nodes.get(1).get(publisher.verifyKey(), SALT, LONG)).contains(second);
        assertThatThrownBy(() -> nodes.get(3).put(first, OptionalLong.empty(), LONG))
                .hasMessageContaining("sequence number 2");
        SignedRecord third = SignedRecord.sign(publisher, id, SALT, 3, TOMORROW, new byte[] {3});
        assertThatThrownBy(() -> nodes.get(3).put(third, OptionalLong.of(1), LONG))
                .hasMessageContaining("sequence number 2");
        assertThat(nodes.get(1).get(publisher.verifyKey(), new byte[] {9}, LONG))
                .isEmpty();
    }

    @Test
    void providersAreFoundAndStatementsStoredAgainTogether() {
        Digest subject = Digest.sha256(new byte[] {7});
        for (int i = 0; i < 3; i++) {
            nodes.get(i).provide(ProviderRecord.sign(keys.get(i), id, subject, List.of(address(i)), TOMORROW), LONG);
        }
        assertThat(nodes.get(NODES - 1).providers(subject, 64, LONG))
                .extracting(ProviderRecord::node)
                .containsExactlyInAnyOrder(node(0), node(1), node(2));
        List<ProviderRecord> many = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            Digest each = Digest.sha256(new byte[] {8, (byte) i});
            many.add(ProviderRecord.sign(keys.get(3), id, each, List.of(address(3)), TOMORROW));
        }
        assertThat(nodes.get(3).republish(many, LONG)).isEqualTo(50);
        assertThat(nodes.get(1).providers(many.get(49).subject(), 1, LONG)).containsExactly(many.get(49));
    }

    @Test
    void aNodeThatIsGoneHoldsNobodyUpForLong() {
        SigningKey publisher = keys.get(1);
        SignedRecord record = SignedRecord.sign(publisher, id, SALT, 1, TOMORROW, new byte[] {1});
        nodes.get(1).put(record, OptionalLong.empty(), LONG);
        network.unplug(addresses.get(3));
        assertThat(nodes.get(NODES - 1).get(publisher.verifyKey(), SALT, LONG)).contains(record);
    }

    @Test
    void hearsayDoesNotReplaceAnAddressThatIsKnown() {
        OwnRoutes routes = new OwnRoutes(messengers.get(0));
        NodeId stranger = NodeId.of(SigningKey.generate(new SecureRandom()).verifyKey());
        NodeAddress one = new NodeAddress(0x2001L << 48, 1, 1);
        NodeAddress two = new NodeAddress(0x2001L << 48, 2, 2);
        routes.teach(new online.hypermesh.impl.dht.Contact(stranger, one));
        routes.teach(new online.hypermesh.impl.dht.Contact(stranger, two));
        assertThat(messengers.get(0).routeTo(stranger))
                .hasValueSatisfying(e -> assertThat(NodeAddress.of(e.address())).isEqualTo(two));
        messengers.get(0).route(new online.hypermesh.stoq.Endpoint(one.toSocketAddress(), stranger));
        routes.teach(new online.hypermesh.impl.dht.Contact(stranger, two));
        assertThat(messengers.get(0).routeTo(stranger))
                .hasValueSatisfying(e -> assertThat(NodeAddress.of(e.address())).isEqualTo(one));
    }

    @Test
    void badRecordsAndClosedNodesAreNamed() {
        NetworkId other = new NetworkId(Digest.sha256(new byte[] {2}));
        SignedRecord foreign = SignedRecord.sign(keys.get(1), other, SALT, 1, TOMORROW, new byte[] {1});
        assertThatThrownBy(() -> nodes.get(1).put(foreign, OptionalLong.empty(), LONG))
                .hasMessageContaining("not signed by its publisher for this network");
        SignedRecord ended = SignedRecord.sign(keys.get(1), id, SALT, 1, 1, new byte[] {1});
        assertThatThrownBy(() -> nodes.get(1).put(ended, OptionalLong.empty(), LONG))
                .hasMessageContaining("No node took");
        nodes.get(1).close();
        assertThatThrownBy(() -> nodes.get(1).get(keys.get(1).verifyKey(), SALT, LONG))
                .hasMessageContaining("closed");
    }

    private NodeAddress address(int i) {
        return NodeAddress.of(addresses.get(i));
    }

    private NodeId node(int i) {
        return NodeId.of(keys.get(i).verifyKey());
    }
}
