package online.hypermesh.api.proof;

import java.util.Optional;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Signature;

/**
 * Who: shows that the subject controls the stake that the bundle's anchor proves, and, where a policy asks, gives its
 * verifiable random output for the beacon. How much stake there is stands in the anchor, not here. It says nothing about who
 * stands behind a key. Immutable.
 *
 * @param possession signature with the stake key over the context's id, under {@link #POSSESSION_TAG}
 * @param vrf an ECVRF-P256-SHA256-TAI proof (RFC 9381) of 81 bytes, if the policy asks for one
 */
public record StakeProof(Signature possession, Optional<byte[]> vrf) implements ConsensusProof {
    /** Purpose of possession signatures. */
    public static final DomainTag POSSESSION_TAG = new DomainTag("hypermesh/proof-stake/v1");

    /** Label of the ambient challenge that is the input of the verifiable random function. */
    public static final DomainTag VRF_LABEL = new DomainTag("hypermesh/proof-vrf/v1");

    /** Length of a VRF proof in bytes. */
    public static final int VRF_LENGTH = 81;

    static final int TYPE = 2;
    static final int ITEMS = 3;

    /**
     * Checks the length of the VRF proof and copies it.
     *
     * @param possession signature
     * @param vrf 81 bytes or nothing
     */
    public StakeProof {
        vrf.ifPresent(bytes -> {
            if (bytes.length != VRF_LENGTH) {
                throw new IllegalArgumentException("a VRF proof has 81 bytes, got " + bytes.length);
            }
        });
        vrf = vrf.map(byte[]::clone);
    }

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public void writeTo(CborWriter w) {
        w.array(ITEMS).uint(TYPE).bytes(possession.toBytes());
        vrf.ifPresentOrElse(w::bytes, w::nil);
    }

    static StakeProof readBody(CborReader r) {
        Signature possession = Signature.of(r.fixedBytes(Signature.LENGTH));
        return new StakeProof(possession, r.nil() ? Optional.empty() : Optional.of(r.fixedBytes(VRF_LENGTH)));
    }
}
