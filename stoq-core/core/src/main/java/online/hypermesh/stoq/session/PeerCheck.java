package online.hypermesh.stoq.session;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;

/** The checks that both sides of the hello make of the other. Thread-safe. */
final class PeerCheck {
    private final TransportConfig config;
    private final PeerLeaves leaves;

    PeerCheck(TransportConfig config, PeerLeaves leaves) {
        this.config = config;
        this.leaves = leaves;
    }

    /** The leaf that TLS showed, which must be for this network. */
    PeerLeaves.Leaf leaf(X509Certificate shown) {
        return ours(leaves.of(shown));
    }

    /** The leaf that a hello shows, which must be for this network. */
    PeerLeaves.Leaf leaf(byte[] der) {
        return ours(leaves.of(der));
    }

    private PeerLeaves.Leaf ours(PeerLeaves.Leaf leaf) {
        network(leaf.binding().network());
        return leaf;
    }

    void network(NetworkId theirs) {
        if (!theirs.equals(config.network())) {
            throw new StoqException(
                    StoqException.Code.WRONG_NETWORK,
                    Retry.NEVER,
                    "the peer is in network " + theirs.digest().toShortHex() + ", this node "
                            + config.self().toShortString() + " in network "
                            + config.network().digest().toShortHex() + "; use the same genesis on both");
        }
    }

    /** Asks the verifier; throws PEER_REFUSED with its code as remote code. */
    PeerIdentity judge(PeerLeaves.Leaf leaf, List<X509Certificate> chain, byte[] staple) {
        PeerVerifier.Judgement judgement = ask(leaf.binding(), chain, staple);
        if (judgement instanceof PeerVerifier.Judgement.Refused refused) {
            throw new StoqException(
                    StoqException.Code.PEER_REFUSED, Retry.NEVER, refused.detail(), null, refused.code());
        }
        PeerVerifier.Judgement.Accepted accepted = (PeerVerifier.Judgement.Accepted) judgement;
        leaves.remember(leaf);
        return new PeerIdentity(leaf.binding().nodeId(), leaf.binding().nodeKey(), chain, accepted.standing());
    }

    /** What a peer's evidence is worth now; empty if it would be refused. */
    Optional<Standing> standing(PeerLeaves.Leaf leaf, List<X509Certificate> chain, byte[] staple) {
        return ask(leaf.binding(), chain, staple) instanceof PeerVerifier.Judgement.Accepted accepted
                ? Optional.of(accepted.standing())
                : Optional.empty();
    }

    private PeerVerifier.Judgement ask(LeafBinding binding, List<X509Certificate> chain, byte[] staple) {
        return config.verifier()
                .judge(new PeerVerifier.Evidence(
                        binding.nodeId(),
                        binding.nodeKey(),
                        chain,
                        staple,
                        config.clock().millis()));
    }

    /** The refusal that tells the peer what this side found. */
    static HelloFrame.Refusal refusal(StoqException found) {
        String code = found.code() == StoqException.Code.PEER_REFUSED && found.remoteCode() != null
                ? found.remoteCode()
                : StoqProtocol.TOLD.contains(found.code()) ? found.code().name() : "INTERNAL";
        String detail = code.equals("INTERNAL") ? "the peer could not complete the hello" : found.getMessage();
        return new HelloFrame.Refusal(code, detail == null ? "" : detail);
    }

    /** What a refusal means here: BUSY, or REFUSED_BY_PEER with the peer's code as remote code. */
    static StoqException refusedByPeer(HelloFrame.Refusal refusal, String who) {
        if (refusal.code().equals(StoqException.Code.BUSY.name())) {
            return new StoqException(
                    StoqException.Code.BUSY,
                    Retry.SAME_CALL,
                    who + " is busy: " + refusal.detail(),
                    null,
                    refusal.code());
        }
        return new StoqException(
                StoqException.Code.REFUSED_BY_PEER,
                Retry.NEVER,
                who + " refused this node: " + refusal.code() + ": " + refusal.detail(),
                null,
                refusal.code());
    }
}
