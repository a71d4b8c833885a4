package online.hypermesh.node.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.impl.content.PackList;
import online.hypermesh.impl.storage.DataDirectory;
import online.hypermesh.node.cli.HypermeshCommand;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.client.NodeClient.StoredFile;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.network.LocalNode;
import online.hypermesh.node.network.NodeProcess;
import online.hypermesh.node.operation.NodeRequest;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.messaging.Messengers;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * What bad input gets: a clear error with the next step and a documented exit code, nothing lost, nobody else disturbed. One
 * network serves all tests; after each, it still takes writes and gives them back.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BadInputIT {
    private static final Duration WAIT = Duration.ofSeconds(30);
    private static final long TWO_GIB = 2L << 30;
    private static final String SHA_256_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private static final String SHA_256_OF_2_GIB_OF_0_AND_ONE_1 =
            "60f8b76720e075ea4e7151a3b56c5ebc97934e47f08ee20f9fffc891c35882fc";

    @TempDir
    static Path dir;

    private static LiveNetwork live;
    private static boolean smallDisk;
    private static OperatorSession operator;
    private static int written;

    @BeforeAll
    static void start() throws Exception {
        live = LiveNetwork.found(dir.resolve("home"), Parameters.DEFAULT);
        smallDisk = SmallDisk.mount(live.node("n4").dataDirectory());
        live.start(LiveNetwork.ALL);
        live.awaitPhase3(LiveNetwork.ALL);
        operator = live.operator();
    }

    @AfterAll
    static void stop() throws Exception {
        if (operator != null) {
            operator.close();
        }
        if (live != null) {
            live.close();
        }
        if (smallDisk) {
            SmallDisk.unmount(live.node("n4").dataDirectory());
        }
    }

    @AfterEach
    void networkStillWorks() throws Exception {
        byte[] content = new byte[2000];
        new Random(++written).nextBytes(content);
        Path file = Files.write(dir.resolve("probe"), content);
        StoredFile stored = client().put(live.id("n1"), file, "probe " + written, read -> {});
        assertThat(read("n3", stored)).isEqualTo(Digest.sha256(content));
    }

    private static NodeClient client() {
        return operator.client();
    }

    private static Digest read(String via, StoredFile stored) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        client().get(live.id(via), stored.asset(), content);
        return Digest.sha256(content.toByteArray());
    }

    /** The command line itself, in this process: what it prints and the code it would end with. */
    private static Command.Result hypermesh(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = HypermeshCommand.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(args);
        return new Command.Result(code, out.toString(), err.toString());
    }

    /** A second node with the configuration of n4, changed by flags. */
    private static Command.Result likeN4(String... flags) {
        String[] args = Stream.concat(
                        Stream.of(
                                "node",
                                "run",
                                "--log-file",
                                dir.resolve("other.log").toString(),
                                "--config",
                                config()),
                        Stream.of(flags))
                .toArray(String[]::new);
        return hypermesh(args);
    }

    private static String config() {
        return live.node("n4").configFile().toString();
    }

    // ---------------------------------------------------------------- configuration

    @Test
    @Order(1)
    void wrongConfigurationKeyNamesTheNearest() throws Exception {
        Path file = dir.resolve("misspelt.yaml");
        Files.writeString(file, Files.readString(Path.of(config())).replace("listen-port:", "lisen-port:"));

        // in a process of its own: there the code and the message really come out
        Command.Result result = Command.run(dir, "node", "run", "--config", file.toString());

        assertThat(result.code()).isEqualTo(64);
        assertThat(result.err())
                .contains(
                        "lisen-port",
                        "Did you mean \"listen-port\"",
                        "hypermesh config print --effective",
                        "[CONFIGURATION]");
    }

    @Test
    @Order(2)
    void portInUseIsNamed() throws Exception {
        int taken = live.node("n1").address().getPort();

        Command.Result result =
                likeN4("--data-directory", dir.resolve("port").toString(), "--listen-port", Integer.toString(taken));

        assertThat(result.code()).as(result.err()).isEqualTo(68);
        assertThat(result.err()).contains(Integer.toString(taken), "[ADDRESS_IN_USE]");
        assertThat(result.err())
                .as("the next step")
                .containsIgnoringCase("port")
                .containsAnyOf("stop", "choose", "another");
    }

    @Test
    @Order(3)
    void dataDirectoryOfARunningNodeSaysWhoseItIs() throws Exception {
        Command.Result result = likeN4();

        assertThat(result.code()).as(result.err()).isEqualTo(68);
        assertThat(result.err())
                .contains("pid " + live.process("n4").pid(), "Stop it, or choose another directory", "[LOCKED]");
    }

    @Test
    @Order(4)
    void dataDirectoryOfAnotherNetworkIsRefused() throws Exception {
        Path other = dir.resolve("other-network");
        DataDirectory.open(other, new NetworkId(Digest.sha256(new byte[] {1}))).close();

        Command.Result result = likeN4("--data-directory", other.toString());

        assertThat(result.code()).as(result.err()).isEqualTo(65);
        assertThat(result.err())
                .contains(other.toString(), "belongs to network", "Choose another data directory", "[WRONG_NETWORK]");
    }

    @Test
    @Order(5)
    void wrongPassphraseIsRefused() throws Exception {
        Path phrase = dir.resolve("wrong-passphrase");
        Files.writeString(phrase, "not the one\n");
        Files.setPosixFilePermissions(phrase, PosixFilePermissions.fromString("rw-------"));

        Command.Result result =
                likeN4("--data-directory", dir.resolve("phrase").toString(), "--passphrase-file", phrase.toString());

        assertThat(result.code()).as(result.err()).isEqualTo(77);
        assertThat(result.err()).containsIgnoringCase("passphrase").contains("n4.keystore", "[DENIED]");
        assertThat(result.err()).doesNotContain("not the one");
    }

    @Test
    @Order(6)
    void secondUpOfARunningNetworkSaysWhoRunsIt() throws Exception {
        // in a process of its own: in this one, closing the file would give up the lock that this one holds
        Command.Result result = Command.run(dir, "up", "--home", live.home().toString(), "--name", LiveNetwork.NAME);

        assertThat(result.code()).as(result.err()).isEqualTo(68);
        assertThat(result.err())
                .contains("process " + ProcessHandle.current().pid(), "hypermesh down --name local", "[LOCKED]");
    }

    // ---------------------------------------------------------------- files

    /** In a process of its own, as everything that looks at the network's lock. */
    private static Command.Result put(String file) throws IOException {
        return Command.run(dir, "put", "--home", live.home().toString(), file);
    }

    @Test
    @Order(10)
    void missingFileIsNamed() throws Exception {
        Command.Result result = put(dir.resolve("nowhere").toString());

        assertThat(result.code()).as(result.err()).isEqualTo(66);
        assertThat(result.err()).contains("nowhere does not exist", "Name a readable file", "[NOT_FOUND]");
    }

    @Test
    @Order(11)
    void directoryInsteadOfAFileIsNamed() throws Exception {
        Command.Result result = put(dir.toString());

        assertThat(result.code()).as(result.err()).isEqualTo(66);
        assertThat(result.err()).contains("is not a file that can be read", "Name a readable file", "[NOT_FOUND]");
    }

    @Test
    @Order(12)
    void unreadableFileIsNamed() throws Exception {
        Path secret = Files.writeString(dir.resolve("unreadable"), "x");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("---------"));
        assumeFalse(Files.isReadable(secret), "this user may read every file");

        Command.Result result = put(secret.toString());

        assertThat(result.code()).as(result.err()).isEqualTo(66);
        assertThat(result.err()).contains("is not a file that can be read", "Name a readable file", "[NOT_FOUND]");
    }

    @Test
    @Order(13)
    void emptyFileIsStoredAndGivenBack() throws Exception {
        storeAndGetBack(Files.createFile(dir.resolve("empty")), 0, SHA_256_OF_NOTHING);
    }

    @Test
    @Order(14)
    void sparseFileOfMoreThanTwoGibIsStoredAndGivenBackInBoundedMemory() throws Exception {
        Path sparse = dir.resolve("sparse");
        try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw")) {
            file.seek(TWO_GIB);
            file.write(1);
        }
        storeAndGetBack(sparse, TWO_GIB + 1, SHA_256_OF_2_GIB_OF_0_AND_ONE_1);
    }

    private static void storeAndGetBack(Path file, long bytes, String sha256) throws IOException {
        String home = live.home().toString();
        Duration patience = Duration.ofMinutes(5);
        Command.Result put = Command.run(patience, dir, "put", "--json", "--home", home, file.toString());
        assertThat(put.code()).as(put.err()).isZero();
        JsonNode stored = new ObjectMapper().readTree(put.out());
        assertThat(stored.get("bytes").asLong()).isEqualTo(bytes);
        assertThat(stored.get("sha256").asText()).isEqualTo(sha256);
        assertThat(stored.get("replicas").asInt()).isGreaterThanOrEqualTo(3);
        Path back = dir.resolve("back");
        Command.Result get = Command.run(
                patience,
                dir,
                "get",
                "--json",
                "--home",
                home,
                "--via",
                "n3",
                "--out",
                back.toString(),
                stored.get("asset").asText());
        assertThat(get.code()).as(get.err()).isZero();
        JsonNode got = new ObjectMapper().readTree(get.out());
        assertThat(got.get("sha256").asText()).isEqualTo(sha256);
        assertThat(Files.size(back)).isEqualTo(bytes);
        System.out.printf(
                "BadInputIT: %d bytes put in %d ms, got in %d ms%n",
                bytes, stored.get("putMs").asLong(), got.get("getMs").asLong());
        Files.delete(back);
        Files.delete(file);
    }

    // ---------------------------------------------------------------- strangers

    private static StoqException refused(ThrowingCallable call) {
        StoqException[] refusal = new StoqException[1];
        assertThatThrownBy(call).isInstanceOfSatisfying(StoqException.class, e -> refusal[0] = e);
        return refusal[0];
    }

    @Test
    @Order(20)
    void peerOfAnotherNetworkIsRefused() {
        NetworkId other = new NetworkId(Digest.sha256(new byte[] {2}));
        try (NodeKeys keys = NodeKeys.generate(new SecureRandom());
                Transport transport = Strangers.dial(live, keys, other, Duration.ofHours(1))) {
            StoqException refusal = refused(
                    () -> transport.connect(live.node("n1").endpoint(), WAIT).close());
            assertThat(refusal.code()).isEqualTo(StoqException.Code.WRONG_NETWORK);
            assertThat(refusal.getMessage()).contains("network");
        }
    }

    @Test
    @Order(21)
    void strangerWithAValidHelloAndASelfSignedLeafIsRefused() {
        Genesis genesis = live.network().genesis();
        try (NodeKeys stranger = NodeKeys.generate(new SecureRandom());
                NodeClient client = NodeClient.open(
                        genesis,
                        stranger,
                        live.network().nodes().stream().map(LocalNode::endpoint).toList(),
                        WAIT,
                        new MemoryChunkIndex(1))) {
            for (ThrowingCallable attempt : List.<ThrowingCallable>of(
                    () -> client.status(live.id("n1")),
                    () -> client.certify(live.id("n2")),
                    () -> client.furtherLeaf(live.id("n3")))) {
                StoqException refusal = refused(attempt);
                assertThat(refusal.code()).isEqualTo(StoqException.Code.REFUSED_BY_PEER);
                assertThat(refusal.getMessage()).contains("SELF_SIGNED", "request one from a validator");
            }
        }
    }

    @Test
    @Order(22)
    void memberWithASelfSignedLeafGetsNothingButACertificate() {
        try (NodeKeys keys = live.network().operatorKeys();
                NodeClient client = NodeClient.open(
                        live.network().genesis(),
                        keys,
                        List.of(live.node("n1").endpoint()),
                        WAIT,
                        new MemoryChunkIndex(1))) {
            StoqException refusal = refused(() -> client.status(live.id("n1")));
            assertThat(refusal.code()).isEqualTo(StoqException.Code.REFUSED_BY_PEER);
            assertThat(refusal.getMessage()).contains("MEMBER_ONLY", "renew it");
            client.certify(live.id("n1"));
            assertThat(client.status(live.id("n1")).phase()).isEqualTo(3);
        }
    }

    @Test
    @Order(23)
    void leafOutsideItsWindowGetsNothingButAFreshOne() throws Exception {
        Genesis genesis = live.network().genesis();
        try (NodeKeys keys = live.network().operatorKeys()) {
            Credentials ended = SelfSignedLeaf.create(keys.node(), genesis.networkId(), Duration.ofSeconds(1));
            long end = ended.chain().get(0).getNotAfter().getTime();
            Await.until("the leaf has ended", WAIT, () -> System.currentTimeMillis() > end + 1000);
            try (Transport transport = Strangers.dial(live, keys, genesis.networkId(), ended)) {
                StoqException refusal = refused(() -> {
                    try (Messenger messenger = Messengers.over(transport)) {
                        messenger.route(live.node("n1").endpoint());
                        messenger.request(live.id("n1"), NodeRequest.SERVICE, new NodeRequest.Status().encode(), WAIT);
                    }
                });
                assertThat(refusal.code())
                        .isIn(StoqException.Code.REFUSED_BY_PEER, StoqException.Code.HANDSHAKE_FAILED);
                assertThat(refusal.getMessage()).containsIgnoringCase("renew");
            }
        }
    }

    // ---------------------------------------------------------------- frames

    @Test
    @Order(30)
    void malformedDatagramsDisturbNobody() throws Exception {
        Random random = new Random(30);
        try (DatagramSocket socket = new DatagramSocket()) {
            for (LocalNode node : live.network().nodes()) {
                for (int i = 0; i < 300; i++) {
                    byte[] garbage = new byte[i % 50 == 0 ? 40_000 : random.nextInt(1400)];
                    random.nextBytes(garbage);
                    if (garbage.length > 6 && i % 3 == 0) {
                        // looks like a first packet of QUIC version 1
                        ByteBuffer.wrap(garbage)
                                .put((byte) (0xc0 | random.nextInt(16)))
                                .putInt(1);
                    }
                    socket.send(new DatagramPacket(garbage, garbage.length, node.address()));
                }
            }
        }
        nobodyBroke();
    }

    @Test
    @Order(31)
    void malformedAndOversizedFramesAreRefusedAndDisturbNobody() {
        Random random = new Random(31);
        try (NodeKeys keys = live.network().operatorKeys();
                Transport transport =
                        Strangers.dial(live, keys, live.network().genesis().networkId(), Duration.ofHours(1));
                Connection connection = transport.connect(live.node("n1").endpoint(), WAIT)) {
            for (int kind = 0; kind < 256; kind += 15) {
                byte[] garbage = new byte[200];
                random.nextBytes(garbage);
                garbage[0] = (byte) kind;
                connection.open().write(garbage, 0, garbage.length, true, WAIT);
            }
            byte[] announcesTwoGib = ByteBuffer.allocate(11)
                    .put((byte) 1)
                    .putShort((short) NodeRequest.ISSUE_SERVICE)
                    .putInt((int) WAIT.toMillis())
                    .putInt(Integer.MAX_VALUE)
                    .array();
            var stream = connection.open();
            stream.write(announcesTwoGib, 0, announcesTwoGib.length, false, WAIT);
            byte[] head = stream.readExactly(5, WAIT);
            assertThat(head[0]).as("not handled").isEqualTo((byte) 2);
            byte[] reason = stream.readExactly(ByteBuffer.wrap(head, 1, 4).getInt(), WAIT);
            assertThat(new String(reason, java.nio.charset.StandardCharsets.UTF_8))
                    .contains("LIMIT_EXCEEDED");
        }
        try (NodeKeys keys = live.network().operatorKeys();
                Messenger messenger = Messengers.over(
                        Strangers.dial(live, keys, live.network().genesis().networkId(), Duration.ofHours(1)))) {
            messenger.route(live.node("n1").endpoint());
            byte[] garbage = new byte[3000];
            random.nextBytes(garbage);
            StoqException malformed =
                    refused(() -> messenger.request(live.id("n1"), NodeRequest.ISSUE_SERVICE, garbage, WAIT));
            assertThat(malformed.code()).isIn(StoqException.Code.REMOTE_FAILURE, StoqException.Code.LIMIT_EXCEEDED);
            StoqException unknown = refused(() -> messenger.request(live.id("n1"), 999, garbage, WAIT));
            assertThat(unknown.code()).isEqualTo(StoqException.Code.UNKNOWN_SERVICE);
            for (int service : new int[] {1, 2, NodeRequest.ISSUE_SERVICE, 31}) {
                for (int length = 0; length < 40; length++) {
                    messenger.send(live.id("n1"), service, java.util.Arrays.copyOf(garbage, length));
                }
            }
        }
        nobodyBroke();
    }

    private static void nobodyBroke() {
        for (String name : LiveNetwork.ALL) {
            NodeStatus status = client().status(live.id(name));
            assertThat(LiveNetwork.isWell(status)).as(status.toString()).isTrue();
            assertThat(status.signing()).as(name).isEqualTo("signing");
            assertThat(live.process(name).isAlive()).isTrue();
            assertThat(live.logs(name))
                    .as("log of %s", name)
                    .doesNotContain("by a defect")
                    .doesNotContain("SEVERE");
        }
    }

    // ---------------------------------------------------------------- disks

    @Test
    @Order(40)
    void damagedBlockStopsTheNodeWithTheNextStepWhichWorksAndADamagedPackIsFetchedFromAPeer() throws Exception {
        byte[] content = new byte[100_000];
        new Random(40).nextBytes(content);
        StoredFile damaged =
                client().put(live.id("n1"), Files.write(dir.resolve("damaged"), content), "damaged", r -> {});
        Files.writeString(dir.resolve("intact"), "intact");
        StoredFile intact = client().put(live.id("n1"), dir.resolve("intact"), "intact", r -> {});
        NodeStatus before = client().status(live.id("n4"));
        Path blocks = live.node("n4").dataDirectory().resolve("blocks");
        live.stop(List.of("n4"));
        Digest pack;
        try (var packs = online.hypermesh.impl.storage.SegmentPackStorage.open(packsOfN4())) {
            PackList list = PackList.read(
                    damaged.asset().packListId(), id -> packs.get(id).orElseThrow());
            pack = list.packs().get(0);
        }
        String segment = SegmentDamage.flipByteInRecordOf(pack.toBytes(), packsOfN4());

        String blockSegment = SegmentDamage.flipByteInRecordOf(new byte[] {0, 0, 0, 0, 0, 0, 0, 3}, blocks);

        NodeProcess refused = live.launch("n4");
        int code = refused.onExit().get(180, TimeUnit.SECONDS).exitValue();
        assertThat(code).as(refused.lastErrors()).isEqualTo(65);
        assertThat(refused.lastErrors())
                .contains(
                        "block 3 is damaged",
                        blockSegment,
                        "Delete the block storage to fetch the chain again",
                        "[CORRUPTED]");

        online.hypermesh.node.network.LocalNetwork.deleteTree(blocks);
        live.start(List.of("n4"));
        live.awaitPhase3(List.of("n4"));
        NodeStatus agreed = live.awaitAgreement(client(), LiveNetwork.ALL, Duration.ofMinutes(2));
        assertThat(agreed.finalizedHeight()).isGreaterThanOrEqualTo(before.finalizedHeight());
        assertThat(read("n4", intact))
                .as("the rest is readable")
                .isEqualTo(intact.content().sha256());
        // on a busy machine the node's leaf may take longer to be final than one call waits for it
        assertThat(Await.fact("the damaged pack comes from a peer", WAIT.multipliedBy(3), () -> served("n4", damaged)))
                .isEqualTo(Digest.sha256(content));
        assertThat(live.logs("n4")).contains(segment, "is damaged", "is fetched from a peer");
    }

    private static Optional<Digest> served(String via, StoredFile stored) {
        try {
            return Optional.of(read(via, stored));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path packsOfN4() {
        return live.node("n4").dataDirectory().resolve("packs");
    }

    @Test
    @Order(42)
    void fullDiskStopsOneNodeAndNothingAcknowledgedIsLost() throws Exception {
        assumeTrue(smallDisk, "no right to mount a small file system here");
        Path data = live.node("n4").dataDirectory();
        long usedKib = SmallDisk.KIB - data.toFile().getFreeSpace() / 1024;
        assertThat(SmallDisk.resize(data, usedKib + 512)).isTrue();
        byte[] content = new byte[6 << 20];
        new Random(42).nextBytes(content);
        Path file = Files.write(dir.resolve("large"), content);

        StoredFile stored = client().put(live.id("n1"), file, "large", r -> {});
        assertThat(stored.replicas()).as("acknowledged without the full one").isGreaterThanOrEqualTo(3);
        Await.until(
                "n4 says that its disk refuses",
                Duration.ofMinutes(2),
                () -> client().status(live.id("n4")).signing().startsWith("stopped"));
        NodeStatus stopped = client().status(live.id("n4"));
        assertThat(stopped.signing()).contains("No space left on device", "restart");
        assertThat(stopped.degraded()).as("DEGRADED").isTrue();
        assertThat(stopped.waitsFor()).contains("a repair and a restart", "No space left on device");
        StoqException refusal = refused(() -> client().apply(
                        live.id("n4"),
                        NameRecord.MODULE,
                        new NameInstruction.Register(
                                        "full."
                                                + NameRules.suffix(
                                                        live.network().genesis()),
                                        new NameRecord.Content(List.of(), List.of(), 60))
                                .encode()));
        assertThat(refusal.remoteCode()).isEqualTo("SIGNING_STOPPED");
        assertThat(refusal)
                .hasMessageContaining("DEGRADED")
                .hasMessageContaining("No space left on device")
                .hasMessageContaining("Send the write to another node");
        assertThat(read("n2", stored)).isEqualTo(Digest.sha256(content));
        networkStillWorks();

        assertThat(SmallDisk.resize(data, SmallDisk.KIB)).isTrue();
        live.process("n4").kill();
        live.start(List.of("n4"));
        live.awaitPhase3(List.of("n4"));
        live.awaitAgreement(client(), LiveNetwork.ALL, Duration.ofMinutes(2));
        assertThat(read("n4", stored)).isEqualTo(Digest.sha256(content));
    }
}
