package online.hypermesh.stoq.session;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.MlKem768;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** The dialing side of the hello; runs on the thread that connects. Confined to it. */
final class ClientHandshake {
    private static final int SECRET_BYTES = 32;

    private final TransportConfig config;
    private final ServedLeaves.Own own;
    private final HeldTickets tickets;
    private final SealCiphers ciphers;
    private final PeerCheck check;

    ClientHandshake(
            TransportConfig config, ServedLeaves.Own own, HeldTickets tickets, PeerLeaves leaves, SealCiphers ciphers) {
        this.config = config;
        this.ciphers = ciphers;
        this.own = own;
        this.tickets = tickets;
        this.check = new PeerCheck(config, leaves);
    }

    /** The identity behind the leaf that TLS showed, before anything is sent. */
    PeerLeaves.Leaf expected(Endpoint endpoint, X509Certificate tlsLeaf) {
        PeerLeaves.Leaf leaf = check.leaf(tlsLeaf);
        NodeId found = leaf.binding().nodeId();
        if (!found.equals(endpoint.id())) {
            throw new StoqException(
                    StoqException.Code.WRONG_IDENTITY,
                    Retry.NEVER,
                    "node " + found.toShortString() + " answers at " + endpoint.address() + ", expected "
                            + endpoint.id().toShortString() + "; correct the address or the identity");
        }
        return leaf;
    }

    /**
     * Proves both sides to each other.
     *
     * @param proven what the engine proves about the confidentiality of the connection
     * @return what the server says that its engine proves
     */
    Protection run(AuthenticatedConnection connection, Protection proven, PeerLeaves.Leaf server, long endNanos) {
        FrameChannel channel = new FrameChannel(connection.awaitControl(endNanos));
        try {
            return exchange(connection, channel, proven, server, endNanos);
        } catch (StoqException e) {
            if (e.code() != StoqException.Code.REFUSED_BY_PEER
                    && connection.closed().isEmpty()) {
                channel.send(PeerCheck.refusal(e).encode(), true);
            }
            throw e;
        }
    }

    /** What the client said last, and what the server's answer is checked against. */
    private record Said(byte[] frame, HeldTickets.@Nullable Given ticket) {}

    private Protection exchange(
            AuthenticatedConnection connection,
            FrameChannel channel,
            Protection proven,
            PeerLeaves.Leaf server,
            long endNanos) {
        byte[] challengeFrame = channel.await(endNanos);
        HelloFrame.Challenge challenge = expect(HelloFrame.Challenge.class, challengeFrame);
        int version = StoqProtocol.choose(challenge.versions());
        Terms theirs = Terms.of(challenge.offers());
        Terms ours = Terms.own(proven, config.postQuantum(), config.resumption().enabled());
        Agreement agreement = Agreement.of(ours, theirs);
        try (MlKem768 key = agreement.sealed() ? MlKem768.generate(config.random()) : null) {
            if (key != null) {
                ours = ours.withKey(key.encapsulationKey());
            }
            byte[] core = core(server, ours);
            Said said = say(channel, version, challengeFrame, core, server, theirs.tickets());
            byte[] answerFrame = channel.await(endNanos);
            HelloFrame answer = decode(answerFrame);
            if (said.ticket() != null && answer instanceof HelloFrame.SignInstead) {
                tickets.forget(server.binding().nodeId());
                said = sign(channel, version, challengeFrame, core, server);
                answerFrame = channel.await(endNanos);
                answer = decode(answerFrame);
            }
            HelloFrame.ServerHello hello = expect(HelloFrame.ServerHello.class, answer);
            verify(version, challengeFrame, said, hello, server);
            finish(connection, channel, agreement, server, hello, key, said, challengeFrame, answerFrame);
            return theirs.protection();
        }
    }

    private byte[] core(PeerLeaves.Leaf server, Terms ours) {
        byte[] nonce = new byte[HelloFrame.NONCE_BYTES];
        config.random().nextBytes(nonce);
        return new HelloFrame.ClientCore(
                        StoqProtocol.VERSIONS,
                        config.network(),
                        server.binding().nodeId(),
                        server.hash(),
                        nonce,
                        ours.offers(),
                        own.chain(),
                        own.credentials().staple())
                .encode();
    }

    /** Says the hello, with a ticket if there is one. */
    private Said say(
            FrameChannel channel,
            int version,
            byte[] challengeFrame,
            byte[] core,
            PeerLeaves.Leaf server,
            boolean serverTakesTickets) {
        NodeId serverId = server.binding().nodeId();
        Optional<HeldTickets.Given> held =
                serverTakesTickets && config.resumption().enabled()
                        ? tickets.find(serverId, own.leaf(), config.clock().millis())
                        : Optional.empty();
        if (held.isEmpty()) {
            return sign(channel, version, challengeFrame, core, server);
        }
        HeldTickets.Given given = held.get();
        byte[] statement = HelloTranscript.clientStatement(version, config.self(), serverId, challengeFrame, core);
        Digest mac = Hashing.hmac(given.secret(), StoqProtocol.CLIENT_RESUME_TAG, statement);
        return send(channel, version, core, new HelloProof.Resumed(given.ticket(), mac), given);
    }

    private Said sign(FrameChannel channel, int version, byte[] challengeFrame, byte[] core, PeerLeaves.Leaf server) {
        byte[] statement = HelloTranscript.clientStatement(
                version, config.self(), server.binding().nodeId(), challengeFrame, core);
        HelloProof proof = new HelloProof.Signed(
                own.credentials().helloKey().sign(StoqProtocol.CLIENT_TAG, config.network(), statement));
        return send(channel, version, core, proof, null);
    }

    private static Said send(
            FrameChannel channel, int version, byte[] core, HelloProof proof, HeldTickets.@Nullable Given ticket) {
        byte[] frame = new HelloFrame.ClientHello(version, core, proof).encode();
        channel.send(frame, false);
        return new Said(frame, ticket);
    }

    private void verify(
            int version, byte[] challengeFrame, Said said, HelloFrame.ServerHello hello, PeerLeaves.Leaf server) {
        byte[] statement = HelloTranscript.serverStatement(
                version, config.self(), server.binding().nodeId(), challengeFrame, said.frame(), hello.core());
        HeldTickets.Given ticket = said.ticket();
        boolean holds;
        if (hello.proof() instanceof HelloProof.Signed signed) {
            holds = ticket == null
                    && server.binding()
                            .helloKey()
                            .verify(StoqProtocol.SERVER_TAG, config.network(), statement, signed.signature());
        } else {
            holds = ticket != null
                    && hello.proof() instanceof HelloProof.Resumed resumed
                    && resumed.ticket().length == 0
                    && Hashing.hmac(ticket.secret(), StoqProtocol.SERVER_RESUME_TAG, statement)
                            .equals(resumed.mac());
        }
        if (!holds) {
            throw failed("the server's hello is not proven by the hello key of its leaf over this connection, nor by"
                    + " the ticket that was shown to it");
        }
    }

    private void finish(
            AuthenticatedConnection connection,
            FrameChannel channel,
            Agreement agreement,
            PeerLeaves.Leaf server,
            HelloFrame.ServerHello hello,
            @Nullable MlKem768 key,
            Said said,
            byte[] challengeFrame,
            byte[] answerFrame) {
        HelloFrame.ServerCore core = HelloFrame.ServerCore.decode(hello.core());
        if (!Digest.sha256(core.chain().get(0)).equals(server.hash())) {
            throw failed("the server's hello names another leaf than its TLS handshake presented");
        }
        Selection selection = Selection.of(core.selection());
        SealSecrets seal = null;
        if (key != null) {
            byte[] ciphertext = selection
                    .ciphertext()
                    .orElseThrow(() -> failed("the server left out the key exchange that both sides agreed on"));
            HeldTickets.Given ticket = said.ticket();
            seal = SealSecrets.derive(
                    true,
                    key.decapsulate(ciphertext),
                    ticket == null ? new byte[SECRET_BYTES] : ticket.secret(),
                    HelloTranscript.hash(challengeFrame, said.frame(), answerFrame),
                    ciphers);
        } else if (selection.ciphertext().isPresent()) {
            throw failed("the server selected a key exchange that was not offered to it");
        }
        List<X509Certificate> chain = PeerLeaves.chain(server, core.chain());
        byte[] staple = core.staple();
        PeerIdentity peer = check.judge(server, chain, staple);
        if (config.resumption().enabled()) {
            selection
                    .ticket()
                    .ifPresent(given -> tickets.keep(
                            server.binding().nodeId(),
                            own.leaf(),
                            given,
                            config.clock().millis()));
        }
        // the server may open streams as soon as it hears this
        connection.trust();
        channel.send(new HelloFrame.Accepted().encode(), false);
        connection.establish(peer, agreement, () -> check.standing(server, chain, staple), seal);
    }

    private static HelloFrame decode(byte[] frame) {
        HelloFrame decoded = HelloFrame.decode(frame);
        if (decoded instanceof HelloFrame.Refusal refusal) {
            throw PeerCheck.refusedByPeer(refusal, "the server");
        }
        return decoded;
    }

    private static <T extends HelloFrame> T expect(Class<T> type, byte[] frame) {
        return expect(type, decode(frame));
    }

    private static <T extends HelloFrame> T expect(Class<T> type, HelloFrame decoded) {
        if (!type.isInstance(decoded)) {
            throw HelloFrame.malformed(
                    "expected " + type.getSimpleName() + " in the hello, got "
                            + decoded.getClass().getSimpleName(),
                    null);
        }
        return type.cast(decoded);
    }

    static StoqException failed(String message) {
        return new StoqException(StoqException.Code.HANDSHAKE_FAILED, Retry.NEVER, message);
    }
}
