package online.hypermesh.impl.ledger;

import static online.hypermesh.impl.ledger.Network4.key;
import static online.hypermesh.impl.ledger.Network4.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import org.junit.jupiter.api.Test;

/** What a light client believes of epochs whose validators it does not know yet. */
class HandOverTests {
    private final Network4 net = new Network4();
    private final LedgerTree tree = net.tree;
    private final long epochMillis = net.genesis.parameters().epochSeconds() * 1000L;
    private final Map<VerifyKey, SigningKey> keys = new HashMap<>();
    private final List<HandOver> ends = new ArrayList<>();
    private long now = net.genesis.createdAtMillis();
    private long nonce;

    HandOverTests() {
        for (int i = 0; i < 4; i++) {
            know(key(20 + i));
        }
    }

    private void know(SigningKey key) {
        keys.put(key.verifyKey(), key);
    }

    private Certificate certificate(BlockHeader header, ValidatorSet set, List<Integer> voters) {
        VoteStatement s = new VoteStatement(VoteKind.FINALIZE, header.epoch(), header.view(), header.id());
        return new Certificate(
                s,
                voters.stream()
                        .map(i -> new Certificate.IndexedSignature(
                                i,
                                keys.get(set.get(i).votingKey())
                                        .sign(VoteStatement.TAG, net.genesis.networkId(), s.encode())))
                        .toList());
    }

    private void rotate(int validator, int seed) {
        know(key(seed));
        net.commit(Transaction.sign(
                net.genesis.networkId(),
                key(10 + validator),
                ++nonce,
                ValidatorChange.MODULE,
                ValidatorChange.rotate(net.genesis.networkId(), net.validator(validator), key(seed))
                        .encode()));
    }

    /** Ends the epoch; finality comes directly, or through a block beyond the end. */
    private void endEpoch(boolean directly) {
        net.commit();
        BlockHeader head = tree.finalizedHead();
        ValidatorSet set = tree.validators();
        Block end = tree.assemble(
                head.id(), head.epoch(), head.view() + 1, set.get(0).id(), head.timeMillis() + epochMillis, List.of());
        tree.add(end);
        List<BlockHeader> links = List.of();
        if (!directly) {
            Block beyond = tree.assemble(
                    end.id(), head.epoch(), head.view() + 4, set.get(1).id(), 0, List.of());
            tree.add(beyond);
            links = List.of(beyond.header());
        }
        tree.finalizeUpTo(links.isEmpty() ? end.id() : links.get(0).id());
        net.chain.add(end.header());
        BlockHeader certified = links.isEmpty() ? end.header() : links.get(0);
        ends.add(new HandOver(
                end.header(),
                certificate(certified, set, List.of(0, 1, 2)),
                Link.direct(links),
                set,
                tree.validators()));
        now = end.header().timeMillis();
    }

    private CertificateLightClient client(Duration trust) {
        return new CertificateLightClient(net.genesis, trust, InstantSource.fixed(Instant.ofEpochMilli(now)));
    }

    private StateProof proof() {
        Block block = net.commit(net.put(50, ++nonce, "a", "1"));
        Block child = net.commit();
        return new StateProof(
                "kv",
                utf8("a"),
                tree.state(block.id(), "kv").get(utf8("a")),
                tree.treePath(block.id(), "kv", utf8("a")),
                child.header(),
                certificate(child.header(), tree.validators(), List.of(1, 2, 3)),
                List.of());
    }

    /** What a transaction may ask; only genesis and state. */
    private ExecutionContext executing() {
        return (ExecutionContext) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {ExecutionContext.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "genesis" -> net.genesis;
                    case "stateOf" -> tree.state(tree.finalizedHead().id(), (String) arguments[0]);
                    default -> throw new IllegalStateException(method.getName());
                });
    }

    @Test
    void aTransactionIsExecutedWithTheValidatorsOfItsEpochAndOfTheOneBefore() {
        StateProof oldest = proof();
        rotate(0, 40);
        endEpoch(true);
        StateProof before = proof();
        assertThat(CertificateLightClient.ofState(executing()).verify(oldest)).isEqualTo(Verdict.ACCEPTED);
        endEpoch(false);
        StateProof current = proof();
        CertificateLightClient client = CertificateLightClient.ofState(executing());
        assertThat(client.verify(current)).isEqualTo(Verdict.ACCEPTED);
        assertThat(client.verify(before)).isEqualTo(Verdict.ACCEPTED);
        assertRejected(client.verify(oldest), Code.NOT_FOUND);
    }

    private static void assertRejected(Verdict verdict, Code code) {
        assertThat(verdict)
                .isInstanceOfSatisfying(
                        Verdict.Rejected.class,
                        r -> assertThat(r.code()).as(r.detail()).isEqualTo(code));
    }

    @Test
    void anEpochIsBelievedOnceItsHandOverIs() {
        rotate(1, 71);
        endEpoch(false);
        StateProof proof = proof();
        CertificateLightClient client = client(Duration.ofDays(30));
        assertRejected(client.verify(proof), Code.NOT_FOUND);
        HandOver end = ends.get(0);
        assertThat(HandOver.decode(end.encode()).encode()).isEqualTo(end.encode());
        assertThat(client.learn(HandOver.decode(end.encode()))).isEqualTo(Verdict.ACCEPTED);
        assertThat(client.newestEpoch()).isEqualTo(1);
        assertThat(client.verify(proof)).isEqualTo(Verdict.ACCEPTED);
    }

    @Test
    void handOversThatDoNotHoldTeachNothing() {
        rotate(1, 71);
        endEpoch(false);
        HandOver end = ends.get(0);
        CertificateLightClient client = client(Duration.ofDays(30));
        BlockHeader ordinary = net.commit().header();
        HandOver[] bad = {
            new HandOver(end.header(), end.certificate(), List.of(), end.signers(), end.next()),
            new HandOver(end.header(), end.certificate(), end.links(), end.signers(), end.signers()),
            new HandOver(end.header(), end.certificate(), end.links(), end.next(), end.next()),
            new HandOver(
                    end.header(),
                    new Certificate(
                            end.certificate().statement(),
                            end.certificate().votes().subList(0, 2)),
                    end.links(),
                    end.signers(),
                    end.next()),
            new HandOver(
                    ordinary,
                    certificate(ordinary, tree.validators(), List.of(0, 1, 2)),
                    List.of(),
                    tree.validators(),
                    tree.validators()),
        };
        for (HandOver h : bad) {
            assertRejected(client.learn(h), Code.INVALID_PROOF);
        }
        assertThat(client.newestEpoch()).isZero();
    }

    @Test
    void epochsAreSkippedWhileMoreThanTwoThirdsOfTheTrustedStakeSign() {
        endEpoch(true);
        rotate(3, 73);
        endEpoch(true);
        rotate(2, 72);
        endEpoch(false);
        endEpoch(true);
        CertificateLightClient client = client(Duration.ofDays(30));
        // Three of four signed the end of epoch 2, all with keys that the genesis names: validator 3, with a new one,
        // did not.
        assertThat(client.learn(ends.get(2))).isEqualTo(Verdict.ACCEPTED);
        assertThat(client.newestEpoch()).isEqualTo(3);

        CertificateLightClient other = client(Duration.ofDays(30));
        // Among the signers of the end of epoch 3 is a key that the genesis does not know.
        assertRejected(other.learn(ends.get(3)), Code.NOT_FOUND);
        List<Long> asked = new ArrayList<>();
        FollowingLightClient following = new FollowingLightClient(other, epoch -> {
            asked.add(epoch);
            return epoch < ends.size() ? Optional.of(ends.get((int) epoch)) : Optional.empty();
        });
        assertThat(following.verify(proof())).isEqualTo(Verdict.ACCEPTED);
        assertThat(asked).containsExactly(3L, 1L, 3L, 2L, 3L);
    }

    @Test
    void whoeverHoldsOldKeysAloneCannotSkipToASetOfItsOwn() {
        endEpoch(true);
        endEpoch(true);
        HandOver end = ends.get(1);
        ValidatorSet own = new ValidatorSet(List.of(
                new Validator(net.validator(0), key(20).verifyKey(), 1_000),
                new Validator(net.validator(1), key(81).verifyKey(), 1)));
        know(key(81));
        BlockHeader h = end.header();
        BlockHeader forged = new BlockHeader(
                h.version(),
                h.network(),
                h.epoch(),
                h.view(),
                h.parentView(),
                h.height(),
                h.previous(),
                h.ancestorsRoot(),
                h.transactionsRoot(),
                h.parentStateRoot(),
                h.parentReceiptsRoot(),
                h.evidenceRoot(),
                h.proofsRoot(),
                own.root(),
                own.root(),
                h.timeMillis(),
                h.proposer(),
                h.bodyCommitment(),
                h.bodyLength(),
                h.suite());
        HandOver skip = new HandOver(forged, certificate(forged, own, List.of(0, 1)), List.of(), own, own);
        assertRejected(client(Duration.ofDays(30)).learn(skip), Code.NOT_FOUND);
    }

    @Test
    void whatIsOlderThanTheTrustPeriodVouchesForNothing() {
        endEpoch(true);
        endEpoch(true);
        // Blocks are 10 ms apart: the genesis is a little more than two epochs old by now.
        CertificateLightClient late = client(Duration.ofMillis(2 * epochMillis));
        assertRejected(late.learn(ends.get(0)), Code.CHECKPOINT_TOO_OLD);
        HandOver end = ends.get(0);
        assertThatThrownBy(() -> CertificateLightClient.fromCheckpoint(
                        net.genesis,
                        end.header().id(),
                        end.header(),
                        end.next(),
                        Duration.ofMillis(2 * epochMillis),
                        InstantSource.fixed(Instant.ofEpochMilli(end.header().timeMillis() + 2 * epochMillis + 1))))
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.CHECKPOINT_TOO_OLD));
        CertificateLightClient joiner = CertificateLightClient.fromCheckpoint(
                net.genesis,
                end.header().id(),
                end.header(),
                end.next(),
                Duration.ofMillis(2 * epochMillis),
                InstantSource.fixed(Instant.ofEpochMilli(now)));
        assertThat(joiner.newestEpoch()).isEqualTo(1);
        assertThat(joiner.learn(ends.get(1))).isEqualTo(Verdict.ACCEPTED);
        assertThat(joiner.verify(proof())).isEqualTo(Verdict.ACCEPTED);
        assertThatThrownBy(() -> CertificateLightClient.fromCheckpoint(
                        net.genesis,
                        end.header().previous(),
                        end.header(),
                        end.next(),
                        Duration.ofDays(30),
                        InstantSource.fixed(Instant.ofEpochMilli(now))))
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID_PROOF));
    }

    @Test
    void anEpochIsNeverLongerThanHalfTheTimeForWhichItsKeysAreTrusted() {
        assertThat(Duration.ofSeconds(2L * Parameters.MAX_EPOCH_SECONDS))
                .isLessThanOrEqualTo(CertificateLightClient.DEFAULT_TRUST_PERIOD);
        Parameters p = net.genesis.parameters();
        assertThatThrownBy(() -> new Parameters(
                        p.leafValiditySeconds(),
                        p.maxTransactionBytes(),
                        p.maxBlockBytes(),
                        p.heartbeatMillis(),
                        p.maxClockErrorMillis(),
                        p.leaderTimeoutMillis(),
                        p.replicas(),
                        Parameters.MAX_EPOCH_SECONDS + 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("epochSeconds");
        assertThatThrownBy(() -> client(Duration.ofMillis(2 * epochMillis - 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("two epochs");
    }

    @Test
    void keysOfAnEpochThatEndedLongAgoProveNothingAnyMore() {
        StateProof oldest = proof();
        endEpoch(true);
        StateProof old = proof();
        endEpoch(true);
        StateProof newest = proof();
        long ended = ends.get(0).header().timeMillis();
        now = ended;
        CertificateLightClient client = CertificateLightClient.fromCheckpoint(
                net.genesis,
                ends.get(0).header().id(),
                ends.get(0).header(),
                ends.get(0).next(),
                Duration.ofMillis(2 * epochMillis),
                () -> Instant.ofEpochMilli(now));
        client.trust(0, ValidatorSet.of(net.genesis), net.genesis.createdAtMillis());
        assertThat(client.learn(ends.get(1))).isEqualTo(Verdict.ACCEPTED);
        now = ended + 2 * epochMillis;
        assertThat(client.verify(oldest)).isEqualTo(Verdict.ACCEPTED);
        now++;
        assertRejected(client.verify(oldest), Code.CHECKPOINT_TOO_OLD);
        assertThat(client.verify(old)).isEqualTo(Verdict.ACCEPTED);
        now = ends.get(1).header().timeMillis() + 2 * epochMillis + 1;
        assertRejected(client.verify(old), Code.CHECKPOINT_TOO_OLD);
        assertThat(client.verify(newest)).isEqualTo(Verdict.ACCEPTED);
    }

    @Test
    void whatIsLongPastIsBelievedAsAnAncestorOfSomethingRecent() {
        StateProof oldest = proof();
        endEpoch(true);
        BlockHeader end = tree.finalizedHead();
        endEpoch(false);
        proof();
        net.commit();
        BlockHeader anchor = tree.finalizedHead();
        Certificate certificate = certificate(anchor, tree.validators(), List.of(0, 1, 2));
        AncestorIndex index =
                new AncestorIndex(height -> net.chain.get((int) height).id());
        net.chain.forEach(h -> index.add(h.id()));

        CertificateLightClient joiner = CertificateLightClient.fromCheckpoint(
                net.genesis,
                ends.get(1).header().id(),
                ends.get(1).header(),
                ends.get(1).next(),
                Duration.ofDays(30),
                InstantSource.fixed(Instant.ofEpochMilli(now)));
        assertRejected(joiner.verify(oldest), Code.NOT_FOUND);
        List<Digest> path = index.path(oldest.header().height(), anchor.height());
        AncestorProof history = new AncestorProof(oldest.header(), path, anchor, certificate, List.of());
        assertThat(AncestorProof.decode(history.encode()).encode()).isEqualTo(history.encode());
        assertThat(joiner.verify(AncestorProof.decode(history.encode()))).isEqualTo(Verdict.ACCEPTED);
        assertThat(joiner.verify(oldest, history)).isEqualTo(Verdict.ACCEPTED);

        BlockHeader genesis = net.chain.get(0);
        AncestorProof first =
                new AncestorProof(genesis, index.path(0, anchor.height()), anchor, certificate, List.of());
        assertThat(joiner.verify(first)).isEqualTo(Verdict.ACCEPTED);
        assertRejected(joiner.verify(oldest, first), Code.INVALID_PROOF);

        List<Digest> bent = new ArrayList<>(path);
        bent.set(1, Digest.sha256(new byte[] {1}));
        BlockHeader other = net.chain.get((int) oldest.header().height() + 1);
        BlockHeader closing = ends.get(1).header();
        AncestorProof[] bad = {
            new AncestorProof(oldest.header(), bent, anchor, certificate, List.of()),
            new AncestorProof(oldest.header(), path.subList(1, path.size()), anchor, certificate, List.of()),
            new AncestorProof(other, path, anchor, certificate, List.of()),
            new AncestorProof(anchor, List.of(), anchor, certificate, List.of()),
            new AncestorProof(
                    oldest.header(), path, anchor, certificate(anchor, tree.validators(), List.of(0, 1)), List.of()),
            // Whether a header that ends an epoch belongs to the chain cannot be told from it.
            new AncestorProof(
                    end,
                    index.path(end.height(), closing.height()),
                    closing,
                    ends.get(1).certificate(),
                    ends.get(1).links()),
        };
        for (AncestorProof b : bad) {
            assertRejected(joiner.verify(b), Code.INVALID_PROOF);
        }
    }
}
