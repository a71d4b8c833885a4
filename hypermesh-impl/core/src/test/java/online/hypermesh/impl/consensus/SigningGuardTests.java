package online.hypermesh.impl.consensus;

import static online.hypermesh.api.consensus.VoteKind.FINALIZE;
import static online.hypermesh.api.consensus.VoteKind.NOTARIZE;
import static online.hypermesh.api.consensus.VoteKind.NULLIFY;
import static online.hypermesh.impl.consensus.Samples.statement;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import org.junit.jupiter.api.Test;

class SigningGuardTests {
    private int signatures;
    private final SigningGuard guard = new SigningGuard(s -> {
        signatures++;
        return Signature.of(new byte[64]);
    });

    private void refused(VoteStatement s) {
        int before = signatures;
        assertThatThrownBy(() -> guard.sign(s))
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.SIGNING_STOPPED));
        assertThat(signatures).isEqualTo(before);
    }

    @Test
    void aNormalViewIsSigned() {
        guard.sign(statement(NOTARIZE, 1, 1));
        guard.sign(statement(FINALIZE, 1, 1));
        guard.sign(statement(NOTARIZE, 2, 2));
        guard.sign(statement(NULLIFY, 2, 0));
        assertThat(signatures).isEqualTo(4);
    }

    @Test
    void twoBlocksInOneViewAreRefused() {
        guard.sign(statement(NOTARIZE, 1, 1));
        refused(statement(NOTARIZE, 1, 2));
        guard.sign(statement(NOTARIZE, 1, 1));
        guard.sign(statement(FINALIZE, 1, 1));
        refused(statement(FINALIZE, 1, 2));
    }

    @Test
    void finalAndNullExcludeEachOtherInBothOrders() {
        guard.sign(statement(NULLIFY, 1, 0));
        refused(statement(FINALIZE, 1, 1));
        guard.sign(statement(FINALIZE, 2, 1));
        refused(statement(NULLIFY, 2, 0));
    }

    @Test
    void viewsNeverDecrease() {
        guard.sign(statement(NULLIFY, 5, 0));
        refused(statement(NOTARIZE, 4, 1));
        refused(statement(FINALIZE, 4, 1));
        refused(statement(NULLIFY, 4, 0));
    }

    @Test
    void nothingIsSignedUpToAFloor() {
        guard.refuseUpTo(new EpochView(0, 7));
        refused(statement(NULLIFY, 7, 0));
        refused(statement(NOTARIZE, 3, 1));
        guard.sign(statement(NOTARIZE, 8, 1));
        guard.refuseUpTo(new EpochView(0, 2));
        guard.sign(statement(FINALIZE, 8, 1));
    }

    @Test
    void epochsNeverDecreaseAndViewsBeginAnewInEach() {
        guard.sign(statement(NULLIFY, 5, 0));
        VoteStatement inNext = new VoteStatement(NOTARIZE, 1, 1, Samples.digest(1));
        guard.sign(inNext);
        refused(statement(NULLIFY, 900, 0));
        refused(new VoteStatement(NOTARIZE, 1, 1, Samples.digest(2)));
        guard.refuseUpTo(new EpochView(0, 9_000));
        guard.sign(new VoteStatement(FINALIZE, 1, 1, Samples.digest(1)));
        guard.refuseUpTo(new EpochView(2, 3));
        refused(new VoteStatement(NULLIFY, 1, 50, Digest.ZERO));
        refused(new VoteStatement(NULLIFY, 2, 3, Digest.ZERO));
        guard.sign(new VoteStatement(NULLIFY, 2, 4, Digest.ZERO));
    }

    @Test
    void whatWasSignedBeforeARestartStillCounts() {
        guard.remember(statement(NOTARIZE, 3, 1));
        guard.remember(statement(NULLIFY, 4, 0));
        refused(statement(FINALIZE, 3, 1));
        refused(statement(FINALIZE, 4, 1));
        guard.sign(statement(NULLIFY, 4, 0));
    }

    @Test
    void aStoppedGuardSignsNothing() {
        guard.stop("rolled back");
        refused(statement(NOTARIZE, 100, 1));
    }
}
