package online.hypermesh.node.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.impl.consensus.driver.ConsensusNode;
import online.hypermesh.impl.ledger.ValidatorsModule;
import online.hypermesh.node.operation.NodeRequest;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client of a network that was founded a month ago, over sockets. */
class TrustedCheckpointTests {
    @TempDir
    Path dir;

    private static HypermeshException failure(ThrowingCallable call) {
        return catchThrowableOfType(HypermeshException.class, call);
    }

    private static void serve(OneValidator node, ConsensusNode ledger) {
        node.messenger.serve(NodeRequest.SERVICE, NodeRequest.MAX_BYTES, true, (peer, body) -> {
            if (NodeRequest.decode(body) instanceof NodeRequest.Prove r) {
                return ledger.prove(r.module(), r.key()).encode();
            }
            throw new HypermeshException(Code.DENIED, Retry.NEVER, "not served here");
        });
    }

    @Test
    void itBeginsWithACheckpointAndSaysWhatIsWrongWithABadOne() throws Exception {
        long founded = System.currentTimeMillis() - Duration.ofDays(30).toMillis();
        try (OneValidator node = new OneValidator(
                        3600, g -> e -> new PeerVerifier.Judgement.Accepted(Standing.FULL), founded, 1);
                ConsensusNode ledger = node.ledger(dir)) {
            serve(node, ledger);
            byte[] vote = new ValidatorChange.Stake(node.id(), 1).encode();
            long deadline = System.nanoTime() + OneValidator.WAIT.toNanos();
            while (ledger.handOver(0).isEmpty()) {
                assertThat(System.nanoTime()).as("the first epoch ends").isLessThan(deadline);
                node.apply(ledger, ValidatorChange.MODULE, vote);
            }
            HandOver end = ledger.handOver(0).orElseThrow();
            TrustedCheckpoint checkpoint = new TrustedCheckpoint(0, end.header().id());

            try (NodeClient fromGenesis = node.client()) {
                HypermeshException tooOld = failure(
                        () -> fromGenesis.prove(node.id(), ValidatorChange.MODULE, ValidatorsModule.epochKey()));
                assertThat(tooOld.code()).isEqualTo(Code.CHECKPOINT_TOO_OLD);
                assertThat(tooOld).hasMessageContaining("--checkpoint EPOCH:ID");
            }
            InstantSource now = InstantSource.system();
            try (NodeClient joiner = node.client(Optional.of(checkpoint), now)) {
                assertThat(joiner.provenEpoch(node.id())).isGreaterThanOrEqualTo(1);
                TrustedCheckpoint newest = joiner.checkpoint(node.id()).orElseThrow();
                assertThat(newest.headerId())
                        .isEqualTo(ledger.handOver(newest.epoch())
                                .orElseThrow()
                                .header()
                                .id());
            }

            HypermeshException other = failure(() ->
                    node.client(Optional.of(new TrustedCheckpoint(0, Digest.sha256(new byte[] {1}))), now));
            assertThat(other.code()).isEqualTo(Code.INVALID_PROOF);
            assertThat(other).hasMessageContaining("does not match").hasMessageContaining("another history");

            HypermeshException unknown = failure(
                    () -> node.client(Optional.of(new TrustedCheckpoint(1_000_000, checkpoint.headerId())), now));
            assertThat(unknown.code()).isEqualTo(Code.NOT_FOUND);

            HypermeshException late =
                    failure(() -> node.client(Optional.of(checkpoint), InstantSource.offset(now, Duration.ofDays(15))));
            assertThat(late.code()).isEqualTo(Code.CHECKPOINT_TOO_OLD);
            assertThat(late).hasMessageContaining("newer one").hasMessageContaining("hypermesh checkpoint");
        }
    }

    @Test
    void itsTextIsReadAsItWasWrittenAndNothingElseIs() throws Exception {
        TrustedCheckpoint checkpoint = new TrustedCheckpoint(12, Digest.sha256(new byte[] {7}));
        assertThat(TrustedCheckpoint.parse(checkpoint.toString())).isEqualTo(checkpoint);
        Path file = dir.resolve("checkpoint");
        Files.writeString(file, checkpoint + "\n");
        assertThat(TrustedCheckpoint.in(file)).isEqualTo(checkpoint);
        for (String bad : new String[] {"", "12", ":" + checkpoint.headerId().toHex(), "-1:00", checkpoint + "00"}) {
            HypermeshException e = failure(() -> TrustedCheckpoint.parse(bad));
            assertThat(e.code()).isEqualTo(Code.CONFIGURATION);
            assertThat(e).hasMessageContaining("EPOCH:ID");
        }
        Files.write(file, "x".repeat(1 << 16).getBytes(StandardCharsets.UTF_8));
        assertThat(failure(() -> TrustedCheckpoint.in(file)).code()).isEqualTo(Code.CONFIGURATION);
        assertThat(failure(() -> TrustedCheckpoint.in(dir.resolve("none"))).code())
                .isEqualTo(Code.CONFIGURATION);
    }
}
