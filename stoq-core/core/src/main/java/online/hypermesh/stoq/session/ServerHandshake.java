package online.hypermesh.stoq.session;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.MlKem768;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * The accepting side of the hello; occupies a thread only while a complete frame is judged. Its steps follow one another;
 * the outcome is told once.
 */
final class ServerHandshake {
    private static final System.Logger LOG = System.getLogger(ServerHandshake.class.getName());
    private static final int SECRET_BYTES = 32;

    /** What the transport lends to each handshake. */
    record Context(
            TransportConfig config,
            ServedLeaves leaves,
            PeerLeaves peers,
            TicketIssuer tickets,
            SealCiphers ciphers,
            PeerPlaces places,
            Executor workers) {}

    private final TransportConfig config;
    private final Context context;
    private final Terms terms;
    private final PeerCheck check;
    private final AuthenticatedConnection connection;
    private final Optional<X509Certificate> presented;
    private final BiConsumer<ServerHandshake, Optional<StoqException>> outcome;
    private final AtomicBoolean told = new AtomicBoolean();
    private final byte[] challengeFrame;
    private volatile @Nullable Future<?> limit;
    private volatile @Nullable FrameChannel channel;
    private volatile @Nullable Runnable establish;
    private boolean askedToSign;

    /**
     * Prepares the hello.
     *
     * @param presented the leaf that TLS showed, if the engine can tell
     * @param proven what the engine proves about the confidentiality of the connection
     * @param outcome told once how it ended
     */
    ServerHandshake(
            Context context,
            AuthenticatedConnection connection,
            Optional<X509Certificate> presented,
            Protection proven,
            BiConsumer<ServerHandshake, Optional<StoqException>> outcome) {
        this.context = context;
        this.config = context.config();
        this.terms = Terms.own(proven, config.postQuantum(), config.resumption().enabled());
        this.check = new PeerCheck(config, context.peers());
        this.connection = connection;
        this.presented = presented;
        this.outcome = outcome;
        byte[] nonce = new byte[HelloFrame.NONCE_BYTES];
        config.random().nextBytes(nonce);
        this.challengeFrame = new HelloFrame.Challenge(StoqProtocol.VERSIONS, nonce, terms.offers()).encode();
    }

    AuthenticatedConnection connection() {
        return connection;
    }

    /** Starts; what limits its time is cancelled when it is over. */
    void start(Future<?> timeLimit) {
        limit = timeLimit;
        try {
            BufferedStream stream = connection.openControl();
            FrameChannel frames = new FrameChannel(stream);
            channel = frames;
            frames.send(challengeFrame, false);
            stream.onReadable(() -> pump(stream, frames));
        } catch (StoqException e) {
            tell(Optional.of(e));
        }
    }

    /** Tells the peer why it goes no further, as far as the connection still carries it. */
    void refuse(StoqException why) {
        FrameChannel frames = channel;
        if (!tell(Optional.of(why))) {
            return;
        }
        if (frames != null && connection.closed().isEmpty()) {
            try {
                frames.send(PeerCheck.refusal(why).encode(), true);
            } catch (StoqException e) {
                LOG.log(System.Logger.Level.DEBUG, "a refusal did not reach {0}: {1}", connection, e.getMessage());
            }
        }
    }

    /** Once; nothing of the exchange is kept after it, as the connection may live long. */
    private boolean tell(Optional<StoqException> failure) {
        if (!told.compareAndSet(false, true)) {
            return false;
        }
        outcome.accept(this, failure);
        Future<?> waiting = limit;
        if (waiting != null) {
            waiting.cancel(false);
        }
        limit = null;
        channel = null;
        establish = null;
        return true;
    }

    private void pump(BufferedStream stream, FrameChannel frames) {
        if (told.get()) {
            return;
        }
        try {
            byte[] frame = frames.poll();
            if (frame == null) {
                stream.onReadable(() -> pump(stream, frames));
            } else {
                context.workers().execute(() -> step(stream, frames, frame));
            }
        } catch (StoqException e) {
            refuse(e);
        } catch (RejectedExecutionException e) {
            refuse(new StoqException(
                    StoqException.Code.BUSY, Retry.SAME_CALL, "too many handshakes are waiting; try again", e));
        }
    }

    private void step(BufferedStream stream, FrameChannel frames, byte[] frame) {
        try {
            HelloFrame decoded = HelloFrame.decode(frame);
            Runnable proven = establish;
            if (decoded instanceof HelloFrame.Refusal refusal) {
                tell(Optional.of(PeerCheck.refusedByPeer(refusal, "the client")));
            } else if (proven == null && decoded instanceof HelloFrame.ClientHello hello) {
                answer(frames, hello, frame);
                stream.onReadable(() -> pump(stream, frames));
            } else if (proven != null && decoded instanceof HelloFrame.Accepted) {
                proven.run();
                tell(Optional.empty());
            } else {
                refuse(HelloFrame.malformed(
                        decoded.getClass().getSimpleName() + " is out of place in the hello", null));
            }
        } catch (StoqException e) {
            refuse(e);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "judging a peer failed", e);
            refuse(new StoqException(
                    StoqException.Code.HANDSHAKE_FAILED, Retry.SAME_CALL, "judging the peer failed", e));
        }
    }

    private void answer(FrameChannel frames, HelloFrame.ClientHello hello, byte[] helloFrame) {
        HelloFrame.ClientCore core = HelloFrame.ClientCore.decode(hello.core());
        StoqProtocol.requireBest(hello.version(), core.versions());
        ServedLeaves.Own own = meantForThis(core);
        Terms theirs = Terms.of(core.offers());
        Agreement agreement = Agreement.of(terms, theirs);
        if (agreement.sealed() != theirs.encapsulationKey().length > 0) {
            throw ClientHandshake.failed(
                    "the client's hello does not follow from both sides' offers; they may have been changed");
        }
        PeerLeaves.Leaf client = check.leaf(core.chain().get(0));
        byte[] statement = HelloTranscript.clientStatement(
                hello.version(), client.binding().nodeId(), config.self(), challengeFrame, hello.core());
        Optional<TicketIssuer.Claim> claim = Optional.empty();
        if (hello.proof() instanceof HelloProof.Signed signed) {
            requireSigned(client, statement, signed);
        } else if (hello.proof() instanceof HelloProof.Resumed resumed) {
            claim = redeemed(client, statement, resumed);
            if (claim.isEmpty()) {
                askToSign(frames);
                return;
            }
        }
        List<X509Certificate> chain = PeerLeaves.chain(client, core.chain());
        PeerIdentity peer = check.judge(client, chain, core.staple());
        context.places().enter(peer.id(), connection);
        // the client may open streams as soon as it has the answer
        connection.trust();
        Optional<MlKem768.Encapsulated> sealed =
                agreement.sealed() ? Optional.of(encapsulated(theirs.encapsulationKey())) : Optional.empty();
        Optional<HeldTickets.Given> ticket =
                claim.isEmpty() && theirs.tickets() && terms.tickets() ? ticketFor(client) : Optional.empty();
        byte[] answerCore = new HelloFrame.ServerCore(
                        new Selection(sealed.map(MlKem768.Encapsulated::ciphertext), ticket).offers(),
                        own.chain(),
                        own.credentials().staple())
                .encode();
        byte[] answerStatement = HelloTranscript.serverStatement(
                hello.version(), client.binding().nodeId(), config.self(), challengeFrame, helloFrame, answerCore);
        HelloProof proof = claim.<HelloProof>map(known -> new HelloProof.Resumed(
                        new byte[0], Hashing.hmac(known.secret(), StoqProtocol.SERVER_RESUME_TAG, answerStatement)))
                .orElseGet(() -> new HelloProof.Signed(
                        own.credentials().helloKey().sign(StoqProtocol.SERVER_TAG, config.network(), answerStatement)));
        byte[] answerFrame = new HelloFrame.ServerHello(answerCore, proof).encode();
        byte[] resumption = claim.map(TicketIssuer.Claim::secret).orElseGet(() -> new byte[SECRET_BYTES]);
        SealSecrets seal = sealed.map(made -> SealSecrets.derive(
                        false,
                        made.secret(),
                        resumption,
                        HelloTranscript.hash(challengeFrame, helloFrame, answerFrame),
                        context.ciphers()))
                .orElse(null);
        byte[] staple = core.staple();
        establish = () -> connection.establish(peer, agreement, () -> check.standing(client, chain, staple), seal);
        frames.send(answerFrame, false);
    }

    /** The credentials that this connection presented, for which the hello must have been made. */
    private ServedLeaves.Own meantForThis(HelloFrame.ClientCore core) {
        check.network(core.network());
        if (!core.server().equals(config.self())) {
            throw new StoqException(
                    StoqException.Code.WRONG_IDENTITY,
                    Retry.NEVER,
                    "the hello is meant for node " + core.server().toShortString() + ", this is "
                            + config.self().toShortString());
        }
        Optional<Digest> known = presented.map(PeerLeaves::hash);
        return context.leaves()
                .behind(core.serverLeaf())
                .filter(found -> known.isEmpty() || known.get().equals(core.serverLeaf()))
                .orElseThrow(() -> ClientHandshake.failed("the hello was made for a connection that presented leaf "
                        + core.serverLeaf().toShortHex() + ", not for this one; it may have been relayed"));
    }

    private void requireSigned(PeerLeaves.Leaf client, byte[] statement, HelloProof.Signed proof) {
        if (!client.binding()
                .helloKey()
                .verify(StoqProtocol.CLIENT_TAG, config.network(), statement, proof.signature())) {
            throw ClientHandshake.failed(
                    "the hello of node " + client.binding().nodeId().toShortString()
                            + " is not signed by the hello key of its leaf over this connection's nonce and leaf");
        }
    }

    /** What the ticket says, if it was issued to this client and leaf and the client has its secret. */
    private Optional<TicketIssuer.Claim> redeemed(PeerLeaves.Leaf client, byte[] statement, HelloProof.Resumed proof) {
        if (!terms.tickets()) {
            return Optional.empty();
        }
        return context.tickets()
                .redeem(proof.ticket())
                .filter(claim -> claim.client().equals(client.binding().nodeId())
                        && claim.leaf().equals(client.hash())
                        && Hashing.hmac(claim.secret(), StoqProtocol.CLIENT_RESUME_TAG, statement)
                                .equals(proof.mac()));
    }

    private void askToSign(FrameChannel frames) {
        if (askedToSign) {
            throw ClientHandshake.failed("the client showed a second ticket where it was asked to sign");
        }
        askedToSign = true;
        frames.send(new HelloFrame.SignInstead().encode(), false);
    }

    private Optional<HeldTickets.Given> ticketFor(PeerLeaves.Leaf client) {
        return context.tickets().claim(client).map(claim -> {
            long left = claim.expiresSeconds() - Math.floorDiv(config.clock().millis(), 1000L);
            return new HeldTickets.Given(context.tickets().issue(claim), claim.secret(), (int) Math.max(0, left));
        });
    }

    private MlKem768.Encapsulated encapsulated(byte[] key) {
        try {
            return MlKem768.encapsulate(key, config.random());
        } catch (IllegalArgumentException e) {
            throw HelloFrame.malformed("the client's ML-KEM-768 key cannot be used", e);
        }
    }
}
