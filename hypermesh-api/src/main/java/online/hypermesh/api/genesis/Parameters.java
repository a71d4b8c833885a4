package online.hypermesh.api.genesis;

/**
 * Constants every node of a network agrees on.
 *
 * @param leafValiditySeconds longest validity of a TLS leaf, 1..86400
 * @param maxTransactionBytes largest encoded transaction, 1024..1048576
 * @param maxBlockBytes largest encoded block body, 65536..7340032
 * @param heartbeatMillis an idle network finalizes an empty block this long after its last one, 100..3600000
 * @param maxClockErrorMillis a validator votes only for block times this close to its own clock, 100..600000
 * @param leaderTimeoutMillis first timeout of a silent leader; grows up to sixteen times this, 10..60000
 * @param replicas how many validators must hold content durably before it is acknowledged, at least 1
 * @param epochSeconds an epoch, in which the validators do not change, ends with the first block this long after it began,
 *     1..604800
 * @param protocolVersion the version of {@link ProtocolVersions} with which the network begins, 2..3
 */
public record Parameters(
        int leafValiditySeconds,
        int maxTransactionBytes,
        int maxBlockBytes,
        int heartbeatMillis,
        int maxClockErrorMillis,
        int leaderTimeoutMillis,
        int replicas,
        int epochSeconds,
        int protocolVersion) {
    /** Length of an epoch unless chosen otherwise: a day. */
    public static final int DEFAULT_EPOCH_SECONDS = 86_400;

    /**
     * Longest epoch: a week, half of the fortnight for which light clients trust what they know. A longer one would leave
     * them no time to learn its end, or keys that left long ago would vouch for it.
     */
    public static final int MAX_EPOCH_SECONDS = 604_800;

    /** Values for a small network: 1 h leaves, 64 KiB transactions, 1 MiB blocks, 30 s heartbeat, three replicas. */
    public static final Parameters DEFAULT = new Parameters(3600, 65_536, 1_048_576, 30_000, 5_000, 500, 3);

    /**
     * Checks every range.
     *
     * @param leafValiditySeconds 1..86400
     * @param maxTransactionBytes 1024..1048576
     * @param maxBlockBytes 65536..7340032
     * @param heartbeatMillis 100..3600000
     * @param maxClockErrorMillis 100..600000
     * @param leaderTimeoutMillis 10..60000
     * @param replicas 1..100
     * @param epochSeconds 1..{@value #MAX_EPOCH_SECONDS}
     * @param protocolVersion one that this software knows
     */
    public Parameters {
        range("leafValiditySeconds", leafValiditySeconds, 1, 86_400);
        range("maxTransactionBytes", maxTransactionBytes, 1_024, 1_048_576);
        range("maxBlockBytes", maxBlockBytes, 65_536, 7_340_032);
        range("heartbeatMillis", heartbeatMillis, 100, 3_600_000);
        range("maxClockErrorMillis", maxClockErrorMillis, 100, 600_000);
        range("leaderTimeoutMillis", leaderTimeoutMillis, 10, 60_000);
        range("replicas", replicas, 1, 100);
        range("epochSeconds", epochSeconds, 1, MAX_EPOCH_SECONDS);
        range("protocolVersion", protocolVersion, ProtocolVersions.FIRST, ProtocolVersions.NEWEST);
        if (maxTransactionBytes > maxBlockBytes) {
            throw new IllegalArgumentException(
                    "maxTransactionBytes " + maxTransactionBytes + " exceeds maxBlockBytes " + maxBlockBytes);
        }
    }

    /**
     * With the newest version of the protocol.
     *
     * @param leafValiditySeconds longest validity of a TLS leaf
     * @param maxTransactionBytes largest encoded transaction
     * @param maxBlockBytes largest encoded block body
     * @param heartbeatMillis an idle network finalizes an empty block this long after its last one
     * @param maxClockErrorMillis a validator votes only for block times this close to its own clock
     * @param leaderTimeoutMillis first timeout of a silent leader
     * @param replicas how many validators must hold content durably before it is acknowledged
     * @param epochSeconds length of an epoch
     */
    public Parameters(
            int leafValiditySeconds,
            int maxTransactionBytes,
            int maxBlockBytes,
            int heartbeatMillis,
            int maxClockErrorMillis,
            int leaderTimeoutMillis,
            int replicas,
            int epochSeconds) {
        this(
                leafValiditySeconds,
                maxTransactionBytes,
                maxBlockBytes,
                heartbeatMillis,
                maxClockErrorMillis,
                leaderTimeoutMillis,
                replicas,
                epochSeconds,
                ProtocolVersions.NEWEST);
    }

    /**
     * With epochs of {@link #DEFAULT_EPOCH_SECONDS} and the newest version of the protocol.
     *
     * @param leafValiditySeconds longest validity of a TLS leaf
     * @param maxTransactionBytes largest encoded transaction
     * @param maxBlockBytes largest encoded block body
     * @param heartbeatMillis an idle network finalizes an empty block this long after its last one
     * @param maxClockErrorMillis a validator votes only for block times this close to its own clock
     * @param leaderTimeoutMillis first timeout of a silent leader
     * @param replicas how many validators must hold content durably before it is acknowledged
     */
    public Parameters(
            int leafValiditySeconds,
            int maxTransactionBytes,
            int maxBlockBytes,
            int heartbeatMillis,
            int maxClockErrorMillis,
            int leaderTimeoutMillis,
            int replicas) {
        this(
                leafValiditySeconds,
                maxTransactionBytes,
                maxBlockBytes,
                heartbeatMillis,
                maxClockErrorMillis,
                leaderTimeoutMillis,
                replicas,
                DEFAULT_EPOCH_SECONDS);
    }

    private static void range(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " must be in " + min + ".." + max + ", was " + value);
        }
    }
}
