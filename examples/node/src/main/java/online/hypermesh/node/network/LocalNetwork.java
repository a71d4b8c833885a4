package online.hypermesh.node.network;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.node.config.ConfigKey;
import online.hypermesh.node.config.EffectiveConfig;
import online.hypermesh.node.keys.KeystoreFile;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.keys.PassphraseSource;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.error.Retry;

/**
 * The files of a network whose nodes all run on this machine: {@code genesis.cbor}, {@code passphrase}, {@code lock},
 * {@code keys/} (one keystore per node and one for the operator) and one directory per node. Immutable.
 *
 * @param directory where everything is
 * @param genesis the founding document
 * @param nodes its nodes, in the order of the founding document
 */
public record LocalNetwork(Path directory, Genesis genesis, List<LocalNode> nodes) {
    private static final String OPERATOR = "operator";

    /**
     * Copies the nodes.
     *
     * @param directory where everything is
     * @param genesis founding document
     * @param nodes its nodes
     */
    public LocalNetwork {
        nodes = List.copyOf(nodes);
    }

    /**
     * Where networks live by default.
     *
     * @param environment the process's environment: {@code HYPERMESH_HOME}, else {@code .hypermesh} in the home directory
     * @return a directory, possibly not yet there
     */
    public static Path home(Map<String, String> environment) {
        String home = environment.get("HYPERMESH_HOME");
        return home != null && !home.isBlank()
                ? Path.of(home).toAbsolutePath()
                : Path.of(System.getProperty("user.home"), ".hypermesh").toAbsolutePath();
    }

    /**
     * Whether a directory holds a network.
     *
     * @param directory the directory
     * @return true if it has a founding document
     */
    public static boolean exists(Path directory) {
        return Files.exists(directory.resolve("genesis.cbor"));
    }

    /**
     * Founds a network: fresh keys, a founding document with equal stakes, a configuration per node.
     *
     * @param directory where; must not hold a network
     * @param name the network's name
     * @param count number of nodes, at least 4 to survive the loss of one
     * @param parameters constants of the network
     * @param nowMillis time of the founding, milliseconds since 1970
     * @param traditionalDns DNS server outside, if any
     * @return the network; nothing runs yet
     */
    public static LocalNetwork create(
            Path directory,
            String name,
            int count,
            Parameters parameters,
            long nowMillis,
            Optional<InetSocketAddress> traditionalDns) {
        List<InetSocketAddress> addresses = FreePorts.udp(loopback(), count).stream()
                .map(port -> new InetSocketAddress(loopback(), port))
                .toList();
        return create(directory, name, addresses, parameters, nowMillis, traditionalDns);
    }

    /**
     * Founds a network whose nodes listen at given addresses, such as those of network namespaces.
     *
     * @param directory where; must not hold a network
     * @param name the network's name
     * @param addresses where each node listens, IPv6; at least 4 to survive the loss of one
     * @param parameters constants of the network
     * @param nowMillis time of the founding, milliseconds since 1970
     * @param traditionalDns DNS server outside, if any
     * @return the network; nothing runs yet
     */
    public static LocalNetwork create(
            Path directory,
            String name,
            List<InetSocketAddress> addresses,
            Parameters parameters,
            long nowMillis,
            Optional<InetSocketAddress> traditionalDns) {
        if (exists(directory)) {
            throw new HypermeshException(
                    Code.CONFLICT,
                    Retry.NEVER,
                    directory + " holds a network already. Choose another directory or --name");
        }
        SecureRandom random = new SecureRandom();
        byte[] phrase = new byte[32];
        random.nextBytes(phrase);
        String passphraseText = HexFormat.of().formatHex(phrase);
        List<GenesisValidator> validators = new ArrayList<>();
        List<LocalNode> nodes = new ArrayList<>();
        try (SecretBytes passphrase =
                        SecretBytes.copyOf(passphraseText.getBytes(java.nio.charset.StandardCharsets.UTF_8));
                NodeKeys operator = NodeKeys.generate(random)) {
            writePrivate(directory.resolve("passphrase"), passphraseText + "\n");
            new KeystoreFile(keystore(directory, OPERATOR))
                    .create(operator, passphrase, KeystoreFile.Passphrase.RANDOM);
            for (int i = 0; i < addresses.size(); i++) {
                String node = "n" + (i + 1);
                try (NodeKeys keys = NodeKeys.generate(random)) {
                    new KeystoreFile(keystore(directory, node))
                            .create(keys, passphrase, KeystoreFile.Passphrase.RANDOM);
                    validators.add(keys.toValidator(node, 1));
                    nodes.add(new LocalNode(node, keys.id(), addresses.get(i), directory.resolve(node)));
                }
            }
            Genesis genesis = new Genesis(
                    name, nowMillis, validators, List.of(operator.node().verifyKey()), parameters);
            LocalNetwork network = new LocalNetwork(directory, genesis, nodes);
            network.writeConfigurations(traditionalDns);
            new GenesisFile(directory.resolve("genesis.cbor")).write(genesis);
            return network;
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "network cannot be founded in " + directory + ": " + e, e);
        }
    }

    /**
     * Reads a network that was founded before.
     *
     * @param directory where it is
     * @return the network
     */
    public static LocalNetwork open(Path directory) {
        Genesis genesis = new GenesisFile(directory.resolve("genesis.cbor")).read();
        List<LocalNode> nodes = new ArrayList<>();
        for (GenesisValidator validator : genesis.validators()) {
            Path own = directory.resolve(validator.name());
            InetSocketAddress address = EffectiveConfig.load(Map.of(), Map.of(), Optional.of(own.resolve("node.yaml")))
                    .toNodeConfig()
                    .listen();
            nodes.add(new LocalNode(validator.name(), validator.nodeId(), address, own));
        }
        return new LocalNetwork(directory, genesis, nodes);
    }

    /**
     * Moves every node to a free port and writes the configurations again; for a start after other programs took the ports.
     *
     * @param traditionalDns DNS server outside, if any
     * @return the network at its new addresses
     */
    public LocalNetwork onFreePorts(Optional<InetSocketAddress> traditionalDns) {
        List<Integer> ports = FreePorts.udp(loopback(), nodes.size());
        List<LocalNode> moved = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            LocalNode node = nodes.get(i);
            moved.add(new LocalNode(
                    node.name(), node.id(), new InetSocketAddress(loopback(), ports.get(i)), node.directory()));
        }
        LocalNetwork network = new LocalNetwork(directory, genesis, moved);
        try {
            network.writeConfigurations(traditionalDns);
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "configurations in " + directory + " cannot be written: " + e, e);
        }
        return network;
    }

    /**
     * One node.
     *
     * @param name its name
     * @return the node
     * @throws IllegalArgumentException for an unknown name
     */
    public LocalNode node(String name) {
        return nodes.stream()
                .filter(n -> n.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no node " + name + " in " + directory));
    }

    /**
     * The founding document's file.
     *
     * @return canonical CBOR
     */
    public Path genesisFile() {
        return directory.resolve("genesis.cbor");
    }

    /**
     * The lock of whoever runs the network.
     *
     * @return the lock file
     */
    public Path lockFile() {
        return directory.resolve("lock");
    }

    /**
     * Opens the operator's keys.
     *
     * @return the keys; the caller closes them
     */
    public NodeKeys operatorKeys() {
        try (SecretBytes passphrase = new PassphraseSource.InFile(directory.resolve("passphrase")).read()) {
            return new KeystoreFile(keystore(directory, OPERATOR)).open(passphrase);
        }
    }

    /**
     * Deletes the network and everything its nodes stored.
     *
     * @throws UncheckedIOException when a file cannot be deleted
     */
    public void delete() {
        deleteTree(directory);
    }

    /**
     * Deletes a directory and everything in it; does nothing when it is not there.
     *
     * @param tree the directory
     * @throws UncheckedIOException when a file cannot be deleted
     */
    public static void deleteTree(Path tree) {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path keystore(Path directory, String name) {
        return directory.resolve("keys").resolve(name + ".keystore");
    }

    private void writeConfigurations(Optional<InetSocketAddress> traditionalDns) throws IOException {
        for (LocalNode node : nodes) {
            String peers = nodes.stream()
                    .filter(n -> !n.id().equals(node.id()))
                    .map(n -> "  - \"" + n.id() + "@" + text(n.address()) + "\"\n")
                    .collect(Collectors.joining());
            String yaml = line(ConfigKey.NAME, node.name())
                    + line(ConfigKey.GENESIS_FILE, "../genesis.cbor")
                    + line(ConfigKey.KEYSTORE_FILE, "../keys/" + node.name() + ".keystore")
                    + line(ConfigKey.PASSPHRASE_FILE, "../passphrase")
                    + line(ConfigKey.DATA_DIRECTORY, "data")
                    + line(ConfigKey.LOG_FILE, "node.log")
                    + line(ConfigKey.LISTEN_ADDRESS, node.address().getAddress().getHostAddress())
                    + line(
                            ConfigKey.LISTEN_PORT,
                            Integer.toString(node.address().getPort()))
                    + line(
                            ConfigKey.TRADITIONAL_DNS,
                            traditionalDns.map(LocalNetwork::text).orElse("off"))
                    + ConfigKey.PEERS.key() + ":" + (peers.isEmpty() ? " \"\"\n" : "\n" + peers);
            Files.createDirectories(node.directory());
            Files.writeString(node.configFile(), yaml);
        }
    }

    private static String line(ConfigKey key, String value) {
        return key.key() + ": \"" + value + "\"\n";
    }

    private static String text(InetSocketAddress address) {
        return "[" + address.getAddress().getHostAddress() + "]:" + address.getPort();
    }

    private static void writePrivate(Path file, String text) throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IOException(file + " has no parent directory");
        }
        Files.createDirectories(parent);
        boolean posix = Files.getFileAttributeView(parent, PosixFileAttributeView.class) != null;
        if (posix) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        Files.writeString(file, text, posix ? StandardOpenOption.WRITE : StandardOpenOption.CREATE_NEW);
    }

    private static Inet6Address loopback() {
        try {
            return (Inet6Address) InetAddress.getByName("::1");
        } catch (UnknownHostException e) {
            throw new IllegalStateException("::1 is a literal address", e);
        }
    }
}
