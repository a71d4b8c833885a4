package online.hypermesh.stoq.session;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Issues resumption tickets and takes them back. A ticket is what the server would otherwise have to remember, under a key
 * that only this process has, never writes down, and changes once per lifetime. Thread-safe.
 */
final class TicketIssuer {
    private static final String TAG = "stoq/ticket/v1";
    private static final int KEY_ID_BYTES = 4;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BYTES = 16;
    private static final int SECRET_BYTES = 32;

    /** Random nonces stay apart with a probability of 1 - 2^-33. */
    private static final long MAX_PER_KEY = 1L << 31;

    /**
     * What a ticket says.
     *
     * @param client whom it was issued to
     * @param leaf SHA-256 of the DER of the leaf it was issued to
     * @param phase the application's number when it was issued
     * @param expiresSeconds when it ends, seconds since 1970
     * @param secret 32 bytes that only the client got with it
     */
    record Claim(NodeId client, Digest leaf, long phase, long expiresSeconds, byte[] secret) {
        @Override
        public String toString() {
            return "Claim[" + client.toShortString() + ", until " + expiresSeconds + "]";
        }
    }

    private record Key(byte[] id, SecretKeySpec key, long bornMillis) {}

    private final TransportConfig config;
    private final SecureRandom random;
    private @Nullable Key current;
    private @Nullable Key previous;
    private long issued;

    TicketIssuer(TransportConfig config) {
        this.config = config;
        this.random = config.random();
    }

    /** A claim for a client that has just proven itself; empty if there is no time left to give. */
    Optional<Claim> claim(PeerLeaves.Leaf leaf) {
        long nowSeconds = Math.floorDiv(config.clock().millis(), 1000L);
        long expires = Math.min(
                nowSeconds + config.resumption().ticketLifetime().toSeconds(),
                leaf.binding().notAfter().getEpochSecond());
        if (expires <= nowSeconds || nowSeconds < 0) {
            return Optional.empty();
        }
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        return Optional.of(new Claim(
                leaf.binding().nodeId(),
                leaf.hash(),
                config.resumption().phase().getAsLong(),
                expires,
                secret));
    }

    /** The ticket of a claim. */
    byte[] issue(Claim claim) {
        byte[] plain = new CborWriter(160)
                .array(5)
                .bytes(claim.client().digest().toBytes())
                .bytes(claim.leaf().toBytes())
                .uint(claim.phase())
                .uint(claim.expiresSeconds())
                .bytes(claim.secret())
                .toBytes();
        Key key = keyForIssuing();
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        byte[] ticket = Arrays.copyOf(key.id(), KEY_ID_BYTES + NONCE_BYTES + plain.length + TAG_BYTES);
        System.arraycopy(nonce, 0, ticket, KEY_ID_BYTES, NONCE_BYTES);
        try {
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, ticket);
            cipher.doFinal(plain, 0, plain.length, ticket, KEY_ID_BYTES + NONCE_BYTES);
            return ticket;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM is required of every Java platform", e);
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }

    /** What a ticket says if this process issued it, under the rules in force, and its time is not over. */
    Optional<Claim> redeem(byte[] ticket) {
        if (ticket.length <= KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES || ticket.length > HelloProof.MAX_TICKET_BYTES) {
            return Optional.empty();
        }
        Key key = keyOf(ticket);
        if (key == null) {
            return Optional.empty();
        }
        byte[] plain;
        try {
            int head = KEY_ID_BYTES + NONCE_BYTES;
            plain = cipher(Cipher.DECRYPT_MODE, key, ticket).doFinal(ticket, head, ticket.length - head);
        } catch (AEADBadTagException e) {
            return Optional.empty();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM is required of every Java platform", e);
        }
        Claim claim = decode(plain);
        return Math.floorDiv(config.clock().millis(), 1000L) < claim.expiresSeconds()
                        && claim.phase() == config.resumption().phase().getAsLong()
                ? Optional.of(claim)
                : Optional.empty();
    }

    private static Claim decode(byte[] plain) {
        try {
            CborReader in = new CborReader(plain).expectArray(5);
            Claim claim = new Claim(
                    new NodeId(Digest.of(in.fixedBytes(Digest.LENGTH))),
                    Digest.of(in.fixedBytes(Digest.LENGTH)),
                    in.uint(),
                    in.uint(),
                    in.fixedBytes(SECRET_BYTES));
            in.end();
            return claim;
        } catch (CborException e) {
            throw new IllegalStateException("a ticket of this process cannot be read", e);
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }

    private Cipher cipher(int mode, Key key, byte[] ticket) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key.key(), new GCMParameterSpec(TAG_BYTES * 8, ticket, KEY_ID_BYTES, NONCE_BYTES));
        cipher.updateAAD(new CborWriter(160)
                .array(4)
                .text(TAG)
                .bytes(config.network().digest().toBytes())
                .bytes(config.self().digest().toBytes())
                .bytes(key.id())
                .toBytes());
        return cipher;
    }

    private synchronized Key keyForIssuing() {
        long now = config.clock().millis();
        Key key = current;
        if (key == null
                || now - key.bornMillis()
                        >= config.resumption().ticketLifetime().toMillis()
                || issued >= MAX_PER_KEY) {
            byte[] id = new byte[KEY_ID_BYTES];
            byte[] secret = new byte[SECRET_BYTES];
            random.nextBytes(id);
            random.nextBytes(secret);
            previous = key;
            key = new Key(id, new SecretKeySpec(secret, "AES"), now);
            Arrays.fill(secret, (byte) 0);
            current = key;
            issued = 0;
        }
        issued++;
        return key;
    }

    private synchronized @Nullable Key keyOf(byte[] ticket) {
        Key key = current;
        if (key != null && Arrays.equals(key.id(), 0, KEY_ID_BYTES, ticket, 0, KEY_ID_BYTES)) {
            return key;
        }
        Key older = previous;
        return older != null && Arrays.equals(older.id(), 0, KEY_ID_BYTES, ticket, 0, KEY_ID_BYTES) ? older : null;
    }
}
