package online.hypermesh.stoq.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.Resumption;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;

class TicketTests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final SigningKey KEY = SigningKey.fromSeed(new byte[32]);

    private final AtomicLong nowMillis = new AtomicLong(System.currentTimeMillis());
    private final AtomicLong phase = new AtomicLong(2);
    private final PeerLeaves.Leaf leaf = leaf(Duration.ofHours(3));

    private final Clock clock = new Clock() {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(nowMillis.get());
        }
    };

    private static PeerLeaves.Leaf leaf(Duration validity) {
        return new PeerLeaves()
                .of(SelfSignedLeaf.create(KEY, NETWORK, validity).chain().get(0));
    }

    private TicketIssuer issuer(NetworkId network, SigningKey server, Duration lifetime) {
        Credentials credentials = SelfSignedLeaf.create(server, network, Duration.ofHours(1));
        return new TicketIssuer(TransportConfig.builder(
                        network,
                        server.verifyKey(),
                        () -> credentials,
                        evidence -> new PeerVerifier.Judgement.Accepted(Standing.FULL))
                .clock(clock)
                .resumption(new Resumption(lifetime, phase::get))
                .build());
    }

    private TicketIssuer issuer() {
        return issuer(NETWORK, KEY, Duration.ofHours(1));
    }

    private void pass(Duration time) {
        nowMillis.addAndGet(time.toMillis());
    }

    @Test
    void aTicketSaysWhatWasClaimedUntilItsTimeIsOver() {
        TicketIssuer issuer = issuer();
        TicketIssuer.Claim claim = issuer.claim(leaf).orElseThrow();
        byte[] ticket = issuer.issue(claim);
        TicketIssuer.Claim redeemed = issuer.redeem(ticket).orElseThrow();
        assertThat(redeemed.client()).isEqualTo(leaf.binding().nodeId());
        assertThat(redeemed.leaf()).isEqualTo(leaf.hash());
        assertThat(redeemed.phase()).isEqualTo(2);
        assertThat(redeemed.secret()).isEqualTo(claim.secret());
        pass(Duration.ofMinutes(59));
        assertThat(issuer.redeem(ticket)).isPresent();
        pass(Duration.ofMinutes(1));
        assertThat(issuer.redeem(ticket)).isEmpty();
    }

    @Test
    void aTicketNeverOutlivesTheLeafItWasIssuedTo() {
        TicketIssuer issuer = issuer();
        PeerLeaves.Leaf brief = leaf(Duration.ofMinutes(10));
        TicketIssuer.Claim claim = issuer.claim(brief).orElseThrow();
        assertThat(claim.expiresSeconds()).isEqualTo(brief.binding().notAfter().getEpochSecond());
        pass(Duration.ofHours(1));
        assertThat(issuer.claim(brief)).isEmpty();
    }

    @Test
    void keysAreReplacedAndTheOneBeforeStillOpens() {
        TicketIssuer issuer = issuer();
        pass(Duration.ofMinutes(30));
        byte[] first = issuer.issue(issuer.claim(leaf).orElseThrow());
        pass(Duration.ofMinutes(30));
        byte[] late = issuer.issue(issuer.claim(leaf).orElseThrow());
        assertThat(Arrays.copyOf(late, 4)).isEqualTo(Arrays.copyOf(first, 4));
        pass(Duration.ofMinutes(30));
        byte[] next = issuer.issue(issuer.claim(leaf).orElseThrow());
        assertThat(Arrays.copyOf(next, 4)).isNotEqualTo(Arrays.copyOf(late, 4));
        assertThat(issuer.redeem(late)).isPresent();
        assertThat(issuer.redeem(next)).isPresent();
    }

    @Test
    void anotherPhaseServerNetworkOrProcessDoesNotTakeIt() {
        TicketIssuer issuer = issuer();
        byte[] ticket = issuer.issue(issuer.claim(leaf).orElseThrow());
        assertThat(issuer().redeem(ticket)).isEmpty();
        phase.set(3);
        assertThat(issuer.redeem(ticket)).isEmpty();
        phase.set(2);
        assertThat(issuer.redeem(ticket)).isPresent();
        assertThat(issuer.redeem(Arrays.copyOf(ticket, ticket.length - 1))).isEmpty();
        assertThat(issuer.redeem(Arrays.copyOf(ticket, 600))).isEmpty();
    }

    @Test
    void aHeldTicketIsForOneLeafAndForgottenInTime() {
        HeldTickets held = new HeldTickets();
        HeldTickets.Given given = new HeldTickets.Given(new byte[10], new byte[32], 60);
        held.keep(leaf.binding().nodeId(), leaf.hash(), given, 1000);
        assertThat(held.find(leaf.binding().nodeId(), leaf.hash(), 60_999)).contains(given);
        assertThat(held.find(leaf.binding().nodeId(), Digest.ZERO, 1000)).isEmpty();
        assertThat(held.find(leaf.binding().nodeId(), leaf.hash(), 1000)).isEmpty();
        held.keep(leaf.binding().nodeId(), leaf.hash(), given, 1000);
        assertThat(held.find(leaf.binding().nodeId(), leaf.hash(), 61_000)).isEmpty();
        held.keep(leaf.binding().nodeId(), leaf.hash(), given, 1000);
        held.forget(leaf.binding().nodeId());
        assertThat(held.find(leaf.binding().nodeId(), leaf.hash(), 1000)).isEmpty();
    }
}
