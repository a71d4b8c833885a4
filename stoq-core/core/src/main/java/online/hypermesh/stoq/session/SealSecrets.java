package online.hypermesh.stoq.session;

import java.nio.ByteBuffer;
import java.util.Arrays;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;

/**
 * The traffic secrets of a connection whose streams are sealed, one for each direction, and the numbers of its streams.
 * Thread-safe.
 */
final class SealSecrets {
    private static final DomainTag CLIENT_TAG = new DomainTag("stoq/seal/client/v1");
    private static final DomainTag SERVER_TAG = new DomainTag("stoq/seal/server/v1");
    private static final DomainTag STREAM_TAG = new DomainTag("stoq/seal/stream/v1");
    private static final int SECRET_BYTES = 32;

    private final boolean client;
    private final byte[] clientTraffic;
    private final byte[] serverTraffic;
    private final SealCiphers ciphers;
    private final UsedNumbers peersNumbers = new UsedNumbers();
    private long nextNumber;

    private SealSecrets(boolean client, byte[] clientTraffic, byte[] serverTraffic, SealCiphers ciphers) {
        this.client = client;
        this.ciphers = ciphers;
        this.clientTraffic = clientTraffic;
        this.serverTraffic = serverTraffic;
    }

    /**
     * Derives the secrets of one side.
     *
     * @param client whether this side dialed
     * @param encapsulated the ML-KEM secret, wiped
     * @param resumption the secret of the ticket in a resumed hello, else 32 zero bytes
     * @param transcript everything both sides said
     * @param ciphers what to seal with
     */
    static SealSecrets derive(
            boolean client, byte[] encapsulated, byte[] resumption, Digest transcript, SealCiphers ciphers) {
        byte[] secrets = Arrays.copyOf(encapsulated, encapsulated.length + resumption.length);
        System.arraycopy(resumption, 0, secrets, encapsulated.length, resumption.length);
        byte[] prk = Hashing.hkdfExtract(transcript.toBytes(), secrets);
        Arrays.fill(secrets, (byte) 0);
        Arrays.fill(encapsulated, (byte) 0);
        SealSecrets derived = new SealSecrets(
                client,
                Hashing.hkdfExpand(prk, CLIENT_TAG, new byte[0], SECRET_BYTES),
                Hashing.hkdfExpand(prk, SERVER_TAG, new byte[0], SECRET_BYTES),
                ciphers);
        Arrays.fill(prk, (byte) 0);
        return derived;
    }

    /** A number that no other stream opened by this side has. */
    synchronized long takeNumber() {
        return nextNumber++;
    }

    /** Whether no other stream of the peer had this number. */
    synchronized boolean isFresh(long number) {
        return peersNumbers.take(number);
    }

    /** What this side seals a stream with. */
    RecordSealer sealer(boolean openedHere, long number) {
        return new RecordSealer(keys(client, openedHere == client, number));
    }

    /** What the peer seals a stream with. */
    RecordOpener opener(boolean openedHere, long number) {
        return new RecordOpener(ciphers, keys(!client, openedHere == client, number));
    }

    private RecordKeys keys(boolean fromClient, boolean openedByClient, long number) {
        byte[] stream = ByteBuffer.allocate(1 + Long.BYTES)
                .put((byte) (openedByClient ? 0 : 1))
                .putLong(number)
                .array();
        return new RecordKeys(
                Hashing.hkdfExpand(fromClient ? clientTraffic : serverTraffic, STREAM_TAG, stream, SECRET_BYTES));
    }

    /** What this side seals datagrams with, or the peer does. */
    DatagramKey datagramKey(boolean sending, long generation) {
        return DatagramKey.derive(sending == client ? clientTraffic : serverTraffic, generation);
    }

    /** What records and datagrams are sealed and opened with. */
    SealCiphers ciphers() {
        return ciphers;
    }
}
