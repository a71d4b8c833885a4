package online.hypermesh.stoq.session;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * The accepting side of the hello; occupies a thread only while a complete frame is judged. Its steps follow one another;
 * the outcome is told once.
 */
final class ServerHandshake {
    private static final System.Logger LOG = System.getLogger(ServerHandshake.class.getName());

    private final TransportConfig config;
    private final ServedLeaves leaves;
    private final Protection offered;
    private final PeerCheck check;
    private final Executor workers;
    private final AuthenticatedConnection connection;
    private final Optional<X509Certificate> presented;
    private final BiConsumer<ServerHandshake, Optional<StoqException>> outcome;
    private final AtomicBoolean told = new AtomicBoolean();
    private final byte[] nonce = new byte[HelloFrame.NONCE_BYTES];
    private final byte[] challengeFrame;
    private @Nullable FrameChannel channel;
    private @Nullable PeerIdentity proven;
    private Supplier<Optional<Standing>> standing = Optional::empty;
    private Protection agreed;

    ServerHandshake(
            TransportConfig config,
            ServedLeaves leaves,
            Protection offered,
            Executor workers,
            AuthenticatedConnection connection,
            Optional<X509Certificate> presented,
            BiConsumer<ServerHandshake, Optional<StoqException>> outcome) {
        this.config = config;
        this.leaves = leaves;
        this.offered = offered;
        this.agreed = offered;
        this.check = new PeerCheck(config);
        this.workers = workers;
        this.connection = connection;
        this.presented = presented;
        this.outcome = outcome;
        config.random().nextBytes(nonce);
        this.challengeFrame = new HelloFrame.Challenge(nonce).encode();
    }

    AuthenticatedConnection connection() {
        return connection;
    }

    void start() {
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
        if (!told.compareAndSet(false, true)) {
            return;
        }
        outcome.accept(this, Optional.of(why));
        FrameChannel frames = channel;
        if (frames != null && connection.closed().isEmpty()) {
            try {
                frames.send(PeerCheck.refusal(why).encode(), true);
            } catch (StoqException e) {
                LOG.log(System.Logger.Level.DEBUG, "a refusal did not reach {0}: {1}", connection, e.getMessage());
            }
        }
    }

    private void tell(Optional<StoqException> failure) {
        if (told.compareAndSet(false, true)) {
            outcome.accept(this, failure);
        }
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
                workers.execute(() -> step(stream, frames, frame));
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
            PeerIdentity peer = proven;
            if (decoded instanceof HelloFrame.Refusal refusal) {
                tell(Optional.of(PeerCheck.refusedByPeer(refusal, "the client")));
            } else if (peer == null && decoded instanceof HelloFrame.ClientHello hello) {
                answer(frames, hello, frame);
                stream.onReadable(() -> pump(stream, frames));
            } else if (peer != null && decoded instanceof HelloFrame.Accepted) {
                connection.establish(peer, agreed, standing);
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
        check.network(hello.network());
        if (!hello.server().equals(config.self())) {
            throw new StoqException(
                    StoqException.Code.WRONG_IDENTITY,
                    Retry.NEVER,
                    "the hello is meant for node " + hello.server().toShortString() + ", this is "
                            + config.self().toShortString());
        }
        Optional<Digest> known = presented.map(leaf -> HelloFrame.leafHash(List.of(leaf)));
        Credentials credentials = leaves.behind(hello.serverLeaf())
                .filter(found -> known.isEmpty() || known.get().equals(hello.serverLeaf()))
                .orElseThrow(() -> ClientHandshake.failed("the hello was made for a connection that presented leaf "
                        + hello.serverLeaf().toShortHex() + ", not for this one; it may have been relayed"));
        LeafBinding client = check.binding(hello.chain().get(0));
        byte[] statement = HelloFrame.clientStatement(
                client.nodeId(),
                config.self(),
                hello.nonce(),
                nonce,
                hello.serverLeaf(),
                hello.protection(),
                hello.chain(),
                hello.staple());
        if (!client.helloKey().verify(StoqProtocol.CLIENT_TAG, config.network(), statement, hello.signature())) {
            throw ClientHandshake.failed("the hello of node " + client.nodeId().toShortString()
                    + " is not signed by the hello key of its leaf over this connection's nonce and leaf");
        }
        PeerIdentity peer = check.judge(client, hello.chain(), hello.staple());
        standing = () -> check.standing(client, hello.chain(), hello.staple());
        agreed = ClientHandshake.weaker(offered, hello.protection());
        byte[] answer = HelloFrame.serverStatement(
                challengeFrame, helloFrame, offered, credentials.chain(), credentials.staple());
        Signature signature = credentials.helloKey().sign(StoqProtocol.SERVER_TAG, config.network(), answer);
        proven = peer;
        frames.send(
                new HelloFrame.ServerHello(offered, credentials.chain(), credentials.staple(), signature).encode(),
                false);
    }
}
