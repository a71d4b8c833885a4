package online.hypermesh.impl.consensus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class EquivocationTests {
    private static final ValidatorSet SET = new ValidatorSet(List.of(
            new Validator(NodeId.of(Samples.KEY.verifyKey()), Samples.KEY.verifyKey(), 1),
            new Validator(NodeId.of(TestKeys.of(2).verifyKey()), TestKeys.of(2).verifyKey(), 1)));

    static Equivocation of(Vote a, Vote b) {
        return Equivocation.of(a.validator(), a.statement(), a.signature(), b.statement(), b.signature());
    }

    private static final Equivocation NOTARIZED_TWO =
            of(Samples.vote(VoteKind.NOTARIZE, 5, 9), Samples.vote(VoteKind.NOTARIZE, 5, 8));

    @Test
    void bothOrdersGiveTheSameProof() {
        Equivocation swapped = of(Samples.vote(VoteKind.NOTARIZE, 5, 8), Samples.vote(VoteKind.NOTARIZE, 5, 9));
        assertThat(swapped).isEqualTo(NOTARIZED_TWO);
        assertThat(swapped.first().blockId()).isEqualTo(Samples.digest(8));
        assertThat(swapped.verify(Samples.NETWORK, SET).accepted()).isTrue();
    }

    @Test
    void canonicalBytesAreReadBack() {
        byte[] bytes = NOTARIZED_TWO.encode();
        Equivocation read = Equivocation.readFrom(new CborReader(bytes));
        assertThat(read).isEqualTo(NOTARIZED_TWO);
        assertThat(read.encode()).isEqualTo(bytes);
    }

    @Test
    void whatAnHonestValidatorMaySignIsNoContradiction() {
        VoteStatement notarize = Samples.statement(VoteKind.NOTARIZE, 5, 8);
        VoteStatement nullify = Samples.statement(VoteKind.NULLIFY, 5, 0);
        VoteStatement last = Samples.statement(VoteKind.FINALIZE, 5, 8);
        assertThat(notarize.contradicts(nullify)).isFalse();
        assertThat(notarize.contradicts(last)).isFalse();
        assertThat(notarize.contradicts(Samples.statement(VoteKind.FINALIZE, 5, 9)))
                .isFalse();
        assertThat(notarize.contradicts(notarize)).isFalse();
        assertThat(notarize.contradicts(Samples.statement(VoteKind.NOTARIZE, 6, 9)))
                .isFalse();
        assertThat(notarize.contradicts(new VoteStatement(VoteKind.NOTARIZE, 1, 5, Samples.digest(9))))
                .isFalse();
        assertThat(nullify.contradicts(last)).isTrue();
        assertThat(last.contradicts(nullify)).isTrue();
        assertThat(last.contradicts(Samples.statement(VoteKind.FINALIZE, 5, 9))).isTrue();
        assertThat(notarize.contradicts(Samples.statement(VoteKind.NOTARIZE, 5, 9)))
                .isTrue();
    }

    @Test
    void everyOffenceHasItsName() {
        assertThat(NOTARIZED_TWO.offence()).isEqualTo(Equivocation.Offence.DOUBLE_NOTARIZE);
        assertThat(of(Samples.vote(VoteKind.FINALIZE, 5, 9), Samples.vote(VoteKind.FINALIZE, 5, 8))
                        .offence())
                .isEqualTo(Equivocation.Offence.DOUBLE_FINALIZE);
        assertThat(of(Samples.vote(VoteKind.FINALIZE, 5, 9), Samples.vote(VoteKind.NULLIFY, 5, 0))
                        .offence())
                .isEqualTo(Equivocation.Offence.NULLIFY_AND_FINALIZE);
    }

    @Test
    void nobodyIsAccusedByForgedOrForeignSignatures() {
        Vote one = Samples.vote(VoteKind.NOTARIZE, 5, 9);
        Vote other = Samples.vote(VoteKind.NOTARIZE, 5, 8);
        Equivocation forged = of(
                one,
                new Vote(
                        0,
                        other.statement(),
                        Samples.vote(VoteKind.NOTARIZE, 6, 8).signature()));
        assertThat(forged.verify(Samples.NETWORK, SET).accepted()).isFalse();
        assertThat(NOTARIZED_TWO.verify(new NetworkId(Samples.digest(77)), SET).accepted())
                .isFalse();
        Equivocation another = new Equivocation(
                1,
                NOTARIZED_TWO.first(),
                NOTARIZED_TWO.firstSignature(),
                NOTARIZED_TWO.second(),
                NOTARIZED_TWO.secondSignature());
        assertThat(another.verify(Samples.NETWORK, SET).accepted()).isFalse();
        Equivocation stranger = new Equivocation(
                2,
                NOTARIZED_TWO.first(),
                NOTARIZED_TWO.firstSignature(),
                NOTARIZED_TWO.second(),
                NOTARIZED_TWO.secondSignature());
        assertThat(stranger.verify(Samples.NETWORK, SET).accepted()).isFalse();
    }

    @Test
    void statementsThatDoNotContradictOrStandInTheWrongOrderAreNoProof() {
        assertThatThrownBy(() -> of(Samples.vote(VoteKind.NOTARIZE, 5, 8), Samples.vote(VoteKind.FINALIZE, 5, 8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no contradiction");
        assertThatThrownBy(() -> new Equivocation(
                        0,
                        NOTARIZED_TWO.second(),
                        NOTARIZED_TWO.secondSignature(),
                        NOTARIZED_TWO.first(),
                        NOTARIZED_TWO.firstSignature()))
                .hasMessageContaining("out of order");
        VoteStatement odd = new VoteStatement(VoteKind.NULLIFY, 0, 5, Samples.digest(3));
        assertThat(odd.contradicts(new VoteStatement(VoteKind.NULLIFY, 0, 5, Digest.ZERO)))
                .isFalse();
    }
}
