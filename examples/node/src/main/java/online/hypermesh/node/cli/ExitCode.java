package online.hypermesh.node.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What the process's end tells a script. */
enum ExitCode {
    OK(0, "everything asked for was done"),
    FAILED(1, "a step failed; the message says which and why"),
    USAGE(2, "the command line is wrong"),
    CONFIGURATION(64, "a configuration value is missing or wrong", "CONFIGURATION"),
    DATA(
            65,
            "stored data is damaged, belongs to another network, or the disk refuses",
            "CORRUPTED",
            "SIGNING_STOPPED",
            "STORAGE_FAILED",
            "WRONG_NETWORK"),
    NOT_FOUND(66, "a named thing does not exist", "NOT_FOUND"),
    CONFLICT(67, "a thing exists already", "CONFLICT"),
    IN_USE(68, "another process holds the lock or the port", "LOCKED", "ADDRESS_IN_USE"),
    UNREACHABLE(
            71,
            "a node or the quorum cannot be reached in time",
            "UNREACHABLE",
            "NO_ROUTE",
            "TIMEOUT",
            "QUORUM_UNREACHABLE",
            "HANDSHAKE_FAILED",
            "CLOSED",
            "BUSY"),
    DENIED(77, "the policy, a passphrase or a peer refused", "DENIED", "REFUSED_BY_PEER", "PEER_REFUSED");

    private final int code;
    private final String meaning;
    private final Set<String> failures;

    ExitCode(int code, String meaning, String... failures) {
        this.code = code;
        this.meaning = meaning;
        this.failures = Set.of(failures);
    }

    int code() {
        return code;
    }

    static ExitCode of(String failure) {
        return Arrays.stream(values())
                .filter(c -> c.failures.contains(failure))
                .findFirst()
                .orElse(FAILED);
    }

    static Map<String, String> table() {
        Map<String, String> table = new LinkedHashMap<>();
        for (ExitCode c : values()) {
            table.put(" " + c.code, c.meaning);
        }
        table.put(" 69", "the launcher lacks Java or Maven");
        table.put(" 70", "the launcher's build failed");
        return table;
    }
}
