package online.hypermesh.impl.proof;

import online.hypermesh.api.proof.Participant;
import online.hypermesh.api.proof.ProofBundle;
import online.hypermesh.api.proof.ProofPolicy;
import online.hypermesh.api.proof.ReplicaCommitment;
import online.hypermesh.api.proof.StakeProof;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/** What a client submits to {@link ProofModule}. Implementations are immutable. */
public sealed interface ProofInstruction {
    /**
     * Presents a bundle for an operation to come.
     *
     * @param bundle its bytes; not copied, must not change
     */
    record Present(byte[] bundle) implements ProofInstruction {}

    /**
     * Registers an encoded replica in the next free slot.
     *
     * @param commitment the replica
     */
    record RegisterReplica(ReplicaCommitment commitment) implements ProofInstruction {}

    /**
     * Forgets a replica; those after it move up.
     *
     * @param slot its slot
     */
    record DropReplica(int slot) implements ProofInstruction {}

    /**
     * Registers or replaces the key for verifiable random outputs.
     *
     * @param key compressed point; not copied, must not change
     * @param possession proof for the input {@link ProofModule#vrfPossessionInput}; not copied, must not change
     */
    record RegisterVrfKey(byte[] key, byte[] possession) implements ProofInstruction {}

    /**
     * Sets the policy; operators of the genesis only.
     *
     * @param policy of a version above the present one
     */
    record SetPolicy(ProofPolicy policy) implements ProofInstruction {}

    /**
     * Canonical bytes, the payload of the transaction.
     *
     * @return the encoding
     */
    default byte[] encode() {
        CborWriter w = new CborWriter(512);
        if (this instanceof Present p) {
            w.array(2).uint(1).bytes(p.bundle());
        } else if (this instanceof RegisterReplica r) {
            w.array(2).uint(2);
            r.commitment().writeTo(w);
        } else if (this instanceof DropReplica d) {
            w.array(2).uint(3).uint(d.slot());
        } else if (this instanceof RegisterVrfKey k) {
            w.array(3).uint(4).bytes(k.key()).bytes(k.possession());
        } else if (this instanceof SetPolicy s) {
            w.array(2).uint(5).bytes(s.policy().encode());
        }
        return w.toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param payload what {@link #encode()} wrote
     * @return the instruction
     * @throws CborException if the bytes are not canonical
     * @throws IllegalArgumentException if a value is out of range
     */
    static ProofInstruction decode(byte[] payload) {
        CborReader r = new CborReader(payload);
        int items = r.array(3);
        int tag = r.uint(5);
        ProofInstruction instruction;
        if (tag == 1 && items == 2) {
            instruction = new Present(r.bytes(ProofBundle.MAX_BYTES));
        } else if (tag == 2 && items == 2) {
            instruction = new RegisterReplica(ReplicaCommitment.readFrom(r));
        } else if (tag == 3 && items == 2) {
            instruction = new DropReplica(r.uint(Participant.MAX_REPLICAS - 1));
        } else if (tag == 4 && items == 3) {
            instruction =
                    new RegisterVrfKey(r.fixedBytes(Participant.VRF_KEY_LENGTH), r.fixedBytes(StakeProof.VRF_LENGTH));
        } else if (tag == 5 && items == 2) {
            instruction = new SetPolicy(ProofPolicy.decode(r.bytes(65_536)));
        } else {
            throw new CborException("no proof instruction has tag " + tag + " and " + items + " items");
        }
        r.end();
        return instruction;
    }
}
