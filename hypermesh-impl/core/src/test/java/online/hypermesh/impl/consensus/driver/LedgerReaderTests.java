package online.hypermesh.impl.consensus.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Optional;
import online.hypermesh.api.ledger.OrderedRead;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.ReadLevel;
import online.hypermesh.stoq.base.cbor.CborException;
import org.junit.jupiter.api.Test;

/** The bytes of reads. */
class LedgerReaderTests {
    private static final byte[] KEY = {1, 2};

    @Test
    void aReadThroughConsensusIsItsBytesAndTellsPresenceAndAbsence() {
        OrderedRead read = new OrderedRead("notes", KEY);
        OrderedRead again = OrderedRead.decode(read.encode());
        assertThat(again.module()).isEqualTo("notes");
        assertThat(again.key()).isEqualTo(KEY);
        assertThatThrownBy(() -> OrderedRead.decode(Arrays.copyOf(read.encode(), read.encode().length + 1)))
                .isInstanceOf(CborException.class);
        assertThatThrownBy(() -> new OrderedRead("notes", new byte[0])).isInstanceOf(IllegalArgumentException.class);

        assertThat(OrderedRead.value((Outcome.Applied) OrderedRead.outcome(Optional.empty())))
                .isEmpty();
        assertThat(OrderedRead.value((Outcome.Applied) OrderedRead.outcome(Optional.of(new byte[0]))))
                .hasValueSatisfying(v -> assertThat(v).isEmpty());
        byte[] longest = new byte[OrderedRead.MAX_VALUE_BYTES];
        Outcome told = OrderedRead.outcome(Optional.of(longest));
        assertThat(told)
                .isInstanceOfSatisfying(
                        Outcome.Applied.class, a -> assertThat(a.result()).hasSizeLessThanOrEqualTo(4096));
        assertThat(OrderedRead.outcome(Optional.of(new byte[OrderedRead.MAX_VALUE_BYTES + 1])))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class, r -> assertThat(r.code()).isEqualTo("LIMIT_EXCEEDED"));
    }

    @Test
    void anAnswerOfAnotherLevelIsNone() {
        byte[] proof = {(byte) 0x82, 2, (byte) 0xf6};
        byte[] value = {(byte) 0x82, 1, (byte) 0x81, 0x41, 7};
        assertThat(ReadService.proof(proof)).isEmpty();
        assertThat(ReadService.value(value))
                .hasValueSatisfying(v -> assertThat(v).containsExactly(7));
        assertThatThrownBy(() -> ReadService.value(proof)).isInstanceOf(CborException.class);
        assertThatThrownBy(() -> ReadService.proof(value)).isInstanceOf(CborException.class);
        assertThat(ReadService.request(ReadLevel.STALE, "notes", KEY))
                .isNotEqualTo(ReadService.request(ReadLevel.FINALIZED, "notes", KEY));
    }
}
