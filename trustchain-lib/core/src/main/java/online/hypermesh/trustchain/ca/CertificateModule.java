package online.hypermesh.trustchain.ca;

import java.nio.ByteBuffer;
import java.util.Optional;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.trustchain.api.certificates.CertificateInstruction;
import online.hypermesh.trustchain.api.certificates.CertificateRecord;

/**
 * The ledger module {@value CertificateRecord#MODULE}: founding validators record the leaves they issued, and issuer,
 * subject or an operator revokes them. Key of a record: {@link CertificateRecord#key}. Records leave the state some time
 * after their leaf expired: each new record removes up to two such ones, in the order they came, through a queue kept
 * under keys of other lengths (1 byte: head and tail; 9 bytes: one slot). Refuses with NOT_ISSUER, WRONG_WINDOW,
 * DUPLICATE, NOT_RECORDED, ALREADY_REVOKED, NOT_ENTITLED. Deterministic and stateless.
 */
public final class CertificateModule implements LedgerModule {
    /** How long after its leaf's expiry a record stays at least, in milliseconds. */
    public static final long RETENTION_MILLIS = 3_600_000;

    private static final byte[] QUEUE_ENDS = {1};
    private static final byte QUEUE_SLOT = 2;
    private static final int REMOVED_PER_RECORD = 2;

    @Override
    public String name() {
        return CertificateRecord.MODULE;
    }

    @Override
    public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
        CertificateInstruction instruction = CertificateInstruction.decode(payload);
        if (instruction instanceof CertificateInstruction.RecordLeaf leaf) {
            return record(context, leaf, state);
        }
        return revoke(context, (CertificateInstruction.RevokeLeaf) instruction, state);
    }

    private static Outcome record(ExecutionContext context, CertificateInstruction.RecordLeaf leaf, StateWriter state) {
        if (context.genesis().validator(context.sender()).isEmpty()) {
            return Outcome.refused(
                    "NOT_ISSUER", context.sender().toShortString() + " is not a founding validator of this network");
        }
        CertificateRecord record = leaf.record();
        long limitMillis = context.genesis().parameters().leafValiditySeconds() * 1000L;
        long windowMillis = record.notAfterMillis() - record.notBeforeMillis();
        if (windowMillis > limitMillis) {
            return Outcome.refused(
                    "WRONG_WINDOW", "the leaf is valid for " + windowMillis + " ms, limit " + limitMillis);
        }
        if (record.notBeforeMillis() > context.timeMillis() + limitMillis) {
            return Outcome.refused(
                    "WRONG_WINDOW",
                    "the leaf begins at " + record.notBeforeMillis() + ", the block's time is " + context.timeMillis());
        }
        if (record.notAfterMillis() <= context.timeMillis()) {
            return Outcome.refused(
                    "WRONG_WINDOW",
                    "the leaf expired at " + record.notAfterMillis() + ", the block's time is " + context.timeMillis());
        }
        byte[] key = CertificateRecord.key(context.sender(), leaf.entryHash());
        if (state.get(key).isPresent()) {
            return Outcome.refused("DUPLICATE", "the leaf with entry " + leaf.entryHash() + " is recorded already");
        }
        state.put(key, record.encode());
        enqueue(state, key, context.timeMillis());
        return Outcome.applied();
    }

    private static Outcome revoke(ExecutionContext context, CertificateInstruction.RevokeLeaf leaf, StateWriter state) {
        byte[] key = CertificateRecord.key(leaf.issuer(), leaf.entryHash());
        Optional<CertificateRecord> current = state.get(key).map(CertificateRecord::decode);
        if (current.isEmpty()) {
            return Outcome.refused(
                    "NOT_RECORDED",
                    "no leaf with entry " + leaf.entryHash() + " of issuer "
                            + leaf.issuer().toShortString() + " is recorded");
        }
        CertificateRecord record = current.get();
        boolean entitled = context.sender().equals(leaf.issuer())
                || context.sender().equals(record.subject())
                || context.genesis().operators().contains(context.transaction().sender());
        if (!entitled) {
            return Outcome.refused(
                    "NOT_ENTITLED",
                    context.sender().toShortString() + " is neither issuer nor subject of the leaf, nor an operator");
        }
        if (record.revokedAtMillis().isPresent()) {
            return Outcome.refused(
                    "ALREADY_REVOKED",
                    "the leaf was revoked at " + record.revokedAtMillis().getAsLong());
        }
        state.put(key, record.revoked(context.timeMillis()).encode());
        return Outcome.applied();
    }

    private static void enqueue(StateWriter state, byte[] key, long timeMillis) {
        long head = 0;
        long tail = 0;
        Optional<byte[]> ends = state.get(QUEUE_ENDS);
        if (ends.isPresent()) {
            CborReader r = new CborReader(ends.get()).expectArray(2);
            head = r.uint();
            tail = r.uint();
        }
        state.put(slot(tail++), key);
        for (int i = 0; i < REMOVED_PER_RECORD && isOver(state, head, timeMillis); i++) {
            state.get(slot(head)).ifPresent(state::remove);
            state.remove(slot(head++));
        }
        state.put(QUEUE_ENDS, new CborWriter(24).array(2).uint(head).uint(tail).toBytes());
    }

    private static boolean isOver(StateReader state, long slot, long timeMillis) {
        return state.get(slot(slot))
                .flatMap(state::get)
                .map(CertificateRecord::decode)
                .map(record -> record.notAfterMillis() + RETENTION_MILLIS < timeMillis)
                .orElse(false);
    }

    private static byte[] slot(long number) {
        return ByteBuffer.allocate(9).put(QUEUE_SLOT).putLong(number).array();
    }
}
