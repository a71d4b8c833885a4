package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.stoq.base.crypto.Digest;
import org.jspecify.annotations.Nullable;

/**
 * The views from the final one on: votes, certificates and proposals, and what they say about which block may follow which.
 * Confined to the core's thread.
 */
final class ViewBook {
    /**
     * The finalized head as its children's epoch sees it: in view 0 when an epoch begins with it.
     *
     * @param certificate its finality, if that is of the same epoch
     */
    record EpochHead(Digest id, long view, @Nullable Certificate certificate) {}

    private final ValidatorSet set;
    private final VoteVerifier verifier;
    private final TreeMap<Long, ViewState> views = new TreeMap<>();
    private long headView;
    private Digest headId;
    private @Nullable Certificate headCertificate;
    private @Nullable Certificate newestFinality;
    private long highestNotarized;

    ViewBook(ValidatorSet set, VoteVerifier verifier, EpochHead head) {
        this.set = set;
        this.verifier = verifier;
        this.headView = head.view();
        this.headId = head.id();
        this.headCertificate = head.certificate();
    }

    // ---------------------------------------------------------------- views

    ViewState state(long view) {
        return views.computeIfAbsent(view, k -> new ViewState(k, set.size()));
    }

    @Nullable
    ViewState get(long view) {
        return views.get(view);
    }

    int size() {
        return views.size();
    }

    /** The views above the final one and the final one itself, ascending. */
    Collection<ViewState> open() {
        return views.tailMap(headView, false).values();
    }

    /** Proposals of views left behind are of no use any more; blocks that a quorum notarized are kept elsewhere. */
    void leave(long fromView, long toView) {
        views.subMap(fromView, toView).values().forEach(s -> s.proposal = null);
    }

    // ---------------------------------------------------------------- the final view

    long headView() {
        return headView;
    }

    Digest headId() {
        return headId;
    }

    Optional<Certificate> headCertificate() {
        return Optional.ofNullable(headCertificate);
    }

    /** A later view is final; everything before it is forgotten. */
    void finalized(Certificate c) {
        headId = c.statement().blockId();
        headView = c.statement().view();
        headCertificate = c;
        forgetOlder();
    }

    /** A later block is final by the certificate of a descendant that is not here yet. */
    void finalized(Digest id, long view) {
        headId = id;
        headView = view;
        headCertificate = null;
        forgetOlder();
    }

    private void forgetOlder() {
        views.headMap(headView, false).clear();
        if (newestFinality != null && newestFinality.statement().view() <= headView) {
            newestFinality = null;
        }
    }

    /** Finality of the newest view above the final one that has it. */
    Optional<Certificate> newestFinality() {
        return Optional.ofNullable(newestFinality);
    }

    /** Whether an open view notarized a block. */
    boolean isNotarized(Digest id) {
        return open().stream()
                .anyMatch(s -> s.notarization()
                        .filter(c -> c.statement().blockId().equals(id))
                        .isPresent());
    }

    /** Whether a notarized block is not final yet. */
    boolean hasOpenNotarization() {
        return highestNotarized > headView;
    }

    // ---------------------------------------------------------------- certificates

    /** Like {@link Certificate#verify}, but asks only for signatures that were not verified before. */
    boolean holds(Certificate c) {
        long stake = 0;
        int last = -1;
        for (Certificate.IndexedSignature v : c.votes()) {
            if (v.validator() <= last || v.validator() >= set.size()) {
                return false;
            }
            last = v.validator();
            stake += set.get(last).stake();
        }
        if (!set.isQuorum(stake)) {
            return false;
        }
        ViewState s = views.get(c.statement().view());
        for (Certificate.IndexedSignature v : c.votes()) {
            Vote vote = new Vote(v.validator(), c.statement(), v.signature());
            if ((s == null || !s.isVerified(vote)) && !verifier.holds(v.validator(), c.statement(), v.signature())) {
                return false;
            }
        }
        return true;
    }

    /** Whether a certificate of a view excludes those that the view has. */
    static boolean excludes(ViewState s, VoteStatement st) {
        Optional<Certificate> notarized = s.notarization();
        return st.kind() == VoteKind.NULLIFY
                ? s.certificate(VoteKind.FINALIZE) != null
                : notarized.isPresent()
                                && !notarized.get().statement().blockId().equals(st.blockId())
                        || (st.kind() == VoteKind.FINALIZE && s.nullified());
    }

    void put(ViewState s, Certificate c) {
        s.put(c);
        if (c.statement().kind() != VoteKind.NULLIFY) {
            highestNotarized = Math.max(highestNotarized, s.view);
        }
        if (c.statement().kind() == VoteKind.FINALIZE
                && s.view > headView
                && (newestFinality == null
                        || s.view > newestFinality.statement().view())) {
            newestFinality = c;
        }
    }

    /** Whether the parent is notarized and every view in between is nullified. */
    boolean isJustified(BlockHeader h) {
        long p = h.parentView();
        if (p < headView || p >= h.view()) {
            return false;
        }
        for (long v = p + 1; v < h.view(); v++) {
            ViewState s = views.get(v);
            if (s == null || !s.nullified()) {
                return false;
            }
        }
        if (p == headView) {
            return h.previous().equals(headId);
        }
        ViewState s = views.get(p);
        return s != null
                && s.notarization()
                        .filter(c -> c.statement().blockId().equals(h.previous()))
                        .isPresent();
    }

    /**
     * The highest notarized view below one with only nullified views in between.
     *
     * @param justification gets the parent's certificate first, then the nullifications
     * @return its block; null while certificates are missing
     */
    @Nullable
    Digest findParent(long view, List<Certificate> justification) {
        for (long v = view - 1; v > headView; v--) {
            ViewState s = views.get(v);
            if (s == null) {
                return null;
            }
            Optional<Certificate> notarization = s.notarization();
            if (notarization.isPresent()) {
                justification.add(0, notarization.get());
                return notarization.get().statement().blockId();
            }
            Certificate nullification = s.certificate(VoteKind.NULLIFY);
            if (nullification == null) {
                return null;
            }
            if (justification.size() < Message.MAX_CERTIFICATES - 1) {
                justification.add(nullification);
            }
        }
        if (headCertificate != null) {
            justification.add(0, headCertificate);
        }
        return headId;
    }

    /** Lowest view without a certificate above the newest notarized one; the given current view if there is none. */
    long lacksFrom(long view) {
        long v = Math.max(headView, highestNotarized) + 1;
        while (v < view) {
            ViewState s = views.get(v);
            if (s == null || s.exit().isEmpty()) {
                return v;
            }
            v++;
        }
        return view;
    }

    /** What a peer needs that lacks certificates from a view on, as much as one message carries. */
    List<Certificate> help(long fromView) {
        List<Certificate> certificates = new ArrayList<>();
        if (headCertificate != null) {
            certificates.add(headCertificate);
        }
        for (ViewState s : views.tailMap(Math.max(headView + 1, fromView), true).values()) {
            for (Certificate c : s.certificates()) {
                if (certificates.size() < Message.MAX_CERTIFICATES) {
                    certificates.add(c);
                }
            }
        }
        return certificates;
    }
}
