package online.hypermesh.node.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A network namespace per node, in a namespace of this process that holds two bridges: nodes at different bridges do not hear
 * each other, and nobody tells them so. A second cable leads from each node to this process, so that it reaches both sides of
 * a split. Needs util-linux and iproute2, and a kernel that lets this user make namespaces. The namespaces end with this
 * process. Confined to one thread.
 */
final class Namespaces implements AutoCloseable {
    private static final int PORT = 20_443;
    /** A name of its own for the user, who is root there and nowhere else; then plain root, where such names are forbidden. */
    private static final List<List<String>> WAYS = List.of(List.of("unshare", "-Urn"), List.of("unshare", "-n"));
    /** Everything that is needed later, once. */
    private static final String TRIAL = """
            set -e
            ip link set lo up
            ip link add left type bridge
            ip link set left up
            unshare -n true
            unshare -n sleep 9 >/dev/null 2>&1 & other=$!
            trap "kill $other" EXIT
            n=0
            until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do
                n=$((n + 1)); test $n -lt 500; sleep 0.01
            done
            ip link add trial type veth peer name eth0 netns $other
            ip link set trial master left up
            nsenter -t $other -n ip -6 address add fd00:1::1/64 dev eth0 nodad
            """;

    private final Map<String, Process> holders = new TreeMap<>();
    private final List<String> names;

    /** How to enter a namespace of one's own, or why that is not possible here. */
    record Way(Optional<List<String>> command, String whyNot) {}

    private Namespaces(List<String> names) {
        this.names = List.copyOf(names);
    }

    /** Tries what a partition needs. */
    static Way way() throws InterruptedException {
        if (!System.getProperty("os.name").equals("Linux")) {
            return new Way(Optional.empty(), "there are no network namespaces on " + System.getProperty("os.name"));
        }
        StringBuilder whyNot = new StringBuilder("partitions need network namespaces (util-linux, iproute2)");
        for (List<String> way : WAYS) {
            try {
                run(Stream.concat(way.stream(), Stream.of("sh", "-c", TRIAL)).toList());
                return new Way(Optional.of(way), "");
            } catch (IOException e) {
                whyNot.append("; ")
                        .append(String.join(" ", way))
                        .append(": ")
                        .append(String.valueOf(e.getMessage()).strip());
            }
        }
        return new Way(Optional.empty(), whyNot.toString());
    }

    /** Builds the namespaces and cables; this process must be in a network namespace that is its own. */
    static Namespaces build(List<String> names) throws IOException, InterruptedException {
        Namespaces all = new Namespaces(names);
        boolean built = false;
        try {
            ip("link set lo up");
            for (String bridge : List.of("left", "right")) {
                ip("link add " + bridge + " type bridge");
                ip("link set " + bridge + " up");
            }
            for (String name : names) {
                all.build(name);
            }
            built = true;
            return all;
        } finally {
            if (!built) {
                all.close();
            }
        }
    }

    private void build(String name) throws IOException, InterruptedException {
        int i = number(name);
        // "cat" ends when this process does, and the namespace with it
        Process holder = new ProcessBuilder("unshare", "-n", "sh", "-c", "echo; exec cat").start();
        holders.put(name, holder);
        if (holder.getInputStream().read() < 0) {
            throw new IOException("no namespace for " + name);
        }
        ip("link add cable" + i + " type veth peer name eth0 netns " + holder.pid());
        ip("link set cable" + i + " master left up");
        ip("link add watch" + i + " type veth peer name watch netns " + holder.pid());
        ip("-6 address add fd00:2:" + i + "::1/64 dev watch" + i + " nodad");
        ip("link set watch" + i + " up");
        inside(name, "link set lo up");
        inside(name, "link set eth0 address " + hardware(i));
        inside(name, "-6 address add fd00:1::" + i + "/64 dev eth0 nodad");
        inside(name, "-6 address add fd00:2:" + i + "::2/64 dev watch nodad");
        inside(name, "link set eth0 up");
        inside(name, "link set watch up");
        for (String other : names) {
            int k = number(other);
            if (k != i) {
                // Known for good: a lost packet is then lost in silence, and none waits for an answer about addresses.
                inside(name, "-6 neighbour add fd00:1::" + k + " lladdr " + hardware(k) + " nud permanent dev eth0");
            }
        }
        ip("-6 route add fd00:1::" + i + "/128 via fd00:2:" + i + "::2 dev watch" + i);
    }

    private int number(String name) {
        return names.indexOf(name) + 1;
    }

    private static String hardware(int i) {
        return "02:00:00:00:00:0" + i;
    }

    /** Where nodes are to listen, in the order of their names. */
    List<InetSocketAddress> addresses() throws UnknownHostException {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (String name : names) {
            addresses.add(new InetSocketAddress(InetAddress.getByName("fd00:1::" + number(name)), PORT));
        }
        return addresses;
    }

    /** Lets a process run where a node is. */
    void enter(String name, ProcessBuilder builder) {
        List<String> command = new ArrayList<>(List.of("nsenter", "-t", Long.toString(pid(name)), "-n", "--"));
        command.addAll(builder.command());
        builder.command(command);
    }

    private long pid(String name) {
        return Optional.ofNullable(holders.get(name)).orElseThrow().pid();
    }

    /** From now on nothing passes between these nodes and the others. */
    void cutOff(Set<String> some) throws IOException, InterruptedException {
        for (String name : names) {
            ip("link set cable" + number(name) + " master " + (some.contains(name) ? "right" : "left"));
        }
    }

    /** Everybody hears everybody again. */
    void heal() throws IOException, InterruptedException {
        cutOff(Set.of());
    }

    private void inside(String name, String arguments) throws IOException, InterruptedException {
        run(Stream.concat(
                        Stream.of("nsenter", "-t", Long.toString(pid(name)), "-n", "ip"),
                        Stream.of(arguments.split(" ")))
                .toList());
    }

    private static void ip(String arguments) throws IOException, InterruptedException {
        run(Stream.concat(Stream.of("ip"), Stream.of(arguments.split(" "))).toList());
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException((command.contains("-c") ? "" : String.join(" ", command) + ": ") + said.strip());
        }
    }

    @Override
    public void close() {
        holders.values().forEach(Process::destroy);
    }
}
