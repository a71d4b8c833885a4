package online.hypermesh.api.proof;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;

/**
 * Proofs for one context, tied together by the subject's signature over their Merkle root, so that none can be taken out and
 * put elsewhere. Immutable.
 *
 * @param context what the proofs are for
 * @param anchor proves the subject's {@link Participant} record, or that there is none, under the root in the beacon's header
 * @param proofs at most one of each type, in ascending order of types
 * @param signature by the subject over {@link #root}, under {@link #TAG}
 */
public record ProofBundle(ProofContext context, StateProof anchor, List<ConsensusProof> proofs, Signature signature) {
    /** Purpose of bundle signatures. */
    public static final DomainTag TAG = new DomainTag("hypermesh/proof-bundle/v1");

    /** Largest bundle in bytes; longer input is refused before it is read. */
    public static final int MAX_BYTES = 160 * 1024;

    /** Largest anchor in bytes. */
    public static final int MAX_ANCHOR_BYTES = 32 * 1024;

    /**
     * Checks the order of the proofs and copies the list.
     *
     * @param context what for
     * @param anchor finalized record
     * @param proofs in ascending order of types
     * @param signature by the subject
     */
    public ProofBundle {
        proofs = List.copyOf(proofs);
        int last = 0;
        for (ConsensusProof proof : proofs) {
            if (proof.type() <= last) {
                throw new IllegalArgumentException(
                        "proof of type " + proof.type() + " after type " + last + "; each once, in ascending order");
            }
            last = proof.type();
        }
    }

    /**
     * Makes and signs a bundle.
     *
     * @param context what for
     * @param anchor finalized record
     * @param proofs in ascending order of types
     * @param key the subject's node key
     * @return the bundle
     */
    public static ProofBundle sign(
            ProofContext context, StateProof anchor, List<ConsensusProof> proofs, SigningKey key) {
        Digest root = root(context, anchor, proofs);
        return new ProofBundle(context, anchor, proofs, key.sign(TAG, context.network(), root.toBytes()));
    }

    /**
     * The Merkle root (RFC 9162) over the encodings of context, anchor and proofs, in this order.
     *
     * @param context what for
     * @param anchor finalized record
     * @param proofs in ascending order of types
     * @return the root
     */
    public static Digest root(ProofContext context, StateProof anchor, List<ConsensusProof> proofs) {
        List<Digest> leaves = new ArrayList<>();
        leaves.add(MerkleTree.leafHash(context.encode()));
        leaves.add(MerkleTree.leafHash(anchor.encode()));
        for (ConsensusProof proof : proofs) {
            leaves.add(MerkleTree.leafHash(proof.encode()));
        }
        return MerkleTree.root(leaves);
    }

    /**
     * Whether the subject signed exactly this.
     *
     * @return true if so
     */
    public boolean signatureHolds() {
        return context.subject()
                .verify(TAG, context.network(), root(context, anchor, proofs).toBytes(), signature);
    }

    /**
     * The proof of one type.
     *
     * @param type its class
     * @param <P> its type
     * @return the proof, if there is one
     */
    public <P extends ConsensusProof> Optional<P> proof(Class<P> type) {
        return proofs.stream().filter(type::isInstance).map(type::cast).findFirst();
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(16_384).array(5).uint(1);
        context.writeTo(w);
        return w.bytes(anchor.encode())
                .list(proofs, (o, proof) -> proof.writeTo(o))
                .bytes(signature.toBytes())
                .toBytes();
    }

    /**
     * Reads canonical bytes; nothing is verified.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the bundle
     * @throws CborException if the bytes are not canonical or too many
     * @throws IllegalArgumentException if a value is out of range
     */
    public static ProofBundle decode(byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw new CborException("a bundle of " + bytes.length + " bytes, limit " + MAX_BYTES);
        }
        CborReader r = new CborReader(bytes).expectArray(5).expect(1, "proof bundle version");
        ProofContext context = ProofContext.readFrom(r);
        byte[] anchor = r.bytes(MAX_ANCHOR_BYTES);
        ProofBundle bundle = new ProofBundle(
                context,
                StateProof.decode(anchor),
                r.list(4, ConsensusProof::readFrom),
                Signature.of(r.fixedBytes(Signature.LENGTH)));
        r.end();
        return bundle;
    }
}
