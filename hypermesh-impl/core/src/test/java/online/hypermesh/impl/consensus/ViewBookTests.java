package online.hypermesh.impl.consensus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;

class ViewBookTests {
    private final LoneCore lone = new LoneCore();
    private final ViewBook views = new ViewBook(
            lone.set,
            VoteVerifier.of(lone.genesis.networkId(), lone.set),
            new ViewBook.EpochHead(lone.tree.finalizedHead().id(), 0, null));
    private final Block first = lone.block(lone.tree.finalizedHead().id(), 1);

    private void put(VoteKind kind, long view, Digest block) {
        views.put(views.state(view), lone.certificate(kind, view, block));
    }

    @Test
    void aBlockIsJustifiedByItsParentsCertificateAndNullificationsInBetween() {
        Block third = lone.block(first.id(), 3);
        assertThat(views.isJustified(first.header())).isTrue();
        assertThat(views.isJustified(third.header())).isFalse();
        put(VoteKind.NOTARIZE, 1, first.id());
        assertThat(views.isJustified(third.header())).isFalse();
        put(VoteKind.NULLIFY, 2, Digest.ZERO);
        assertThat(views.isJustified(third.header())).isTrue();
    }

    @Test
    void anotherBlockOfTheParentsViewIsNoParent() {
        Block second = lone.block(first.id(), 2);
        put(VoteKind.NOTARIZE, 1, Digest.sha256(new byte[] {1}));
        assertThat(views.isJustified(second.header())).isFalse();
    }

    @Test
    void theParentIsTheHighestNotarizedBlockWithNothingButNullificationsAfterIt() {
        List<Certificate> justification = new ArrayList<>();
        assertThat(views.findParent(1, justification)).isEqualTo(views.headId());
        assertThat(views.findParent(3, justification)).isNull();
        put(VoteKind.NOTARIZE, 1, first.id());
        put(VoteKind.NULLIFY, 2, Digest.ZERO);
        assertThat(views.findParent(3, justification)).isEqualTo(first.id());
        assertThat(justification).hasSize(2);
        assertThat(justification.get(0).statement().kind()).isEqualTo(VoteKind.NOTARIZE);
        assertThat(views.lacksFrom(3)).isEqualTo(3);
        assertThat(views.lacksFrom(9)).isEqualTo(3);
    }

    @Test
    void finalityForgetsWhatCameBefore() {
        put(VoteKind.NULLIFY, 1, Digest.ZERO);
        put(VoteKind.NULLIFY, 2, Digest.ZERO);
        put(VoteKind.FINALIZE, 3, first.id());
        Certificate finality = views.newestFinality().orElseThrow();
        views.finalized(finality);
        assertThat(views.size()).isEqualTo(1);
        assertThat(views.headView()).isEqualTo(3);
        assertThat(views.newestFinality()).isEmpty();
        assertThat(views.hasOpenNotarization()).isFalse();
    }

    @Test
    void certificatesThatExcludeEachOtherAreTold() {
        ViewState s = views.state(1);
        put(VoteKind.NOTARIZE, 1, first.id());
        assertThat(ViewBook.excludes(s, new VoteStatement(VoteKind.NULLIFY, 0, 1, Digest.ZERO)))
                .isFalse();
        assertThat(ViewBook.excludes(s, new VoteStatement(VoteKind.FINALIZE, 0, 1, first.id())))
                .isFalse();
        assertThat(ViewBook.excludes(s, new VoteStatement(VoteKind.FINALIZE, 0, 1, Samples.digest(3))))
                .isTrue();
        put(VoteKind.NULLIFY, 1, Digest.ZERO);
        assertThat(ViewBook.excludes(s, new VoteStatement(VoteKind.FINALIZE, 0, 1, first.id())))
                .isTrue();
    }

    @Test
    void aSignerListedTwiceOrOutOfOrderIsNoQuorum() {
        Certificate good = lone.certificate(VoteKind.NULLIFY, 4, Digest.ZERO);
        assertThat(views.holds(good)).isTrue();
        List<Certificate.IndexedSignature> twice = new ArrayList<>(good.votes().subList(0, 2));
        twice.add(1, twice.get(0));
        Certificate duplicate = new Certificate(good.statement(), twice);
        assertThat(views.holds(duplicate)).isFalse();
        assertThat(duplicate.verify(lone.genesis.networkId(), lone.set).accepted())
                .isFalse();
        List<Certificate.IndexedSignature> reversed = new ArrayList<>(good.votes());
        java.util.Collections.reverse(reversed);
        Certificate disorderly = new Certificate(good.statement(), reversed);
        assertThat(views.holds(disorderly)).isFalse();
        assertThat(disorderly.verify(lone.genesis.networkId(), lone.set).accepted())
                .isFalse();
        Certificate tooFew = new Certificate(good.statement(), good.votes().subList(0, 2));
        assertThat(views.holds(tooFew)).isFalse();
        assertThat(tooFew.verify(lone.genesis.networkId(), lone.set).accepted()).isFalse();
    }
}
