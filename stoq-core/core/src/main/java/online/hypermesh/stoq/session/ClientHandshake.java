package online.hypermesh.stoq.session;

import java.security.cert.X509Certificate;
import java.util.List;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/** The dialing side of the hello; runs on the thread that connects. Confined to it. */
final class ClientHandshake {
    private final TransportConfig config;
    private final Credentials credentials;
    private final Protection offered;
    private final PeerCheck check;

    ClientHandshake(TransportConfig config, Credentials credentials, Protection offered) {
        this.config = config;
        this.credentials = credentials;
        this.offered = offered;
        this.check = new PeerCheck(config);
    }

    /** The identity behind the leaf that TLS showed, before anything is sent. */
    LeafBinding expected(Endpoint endpoint, X509Certificate tlsLeaf) {
        LeafBinding binding = check.binding(tlsLeaf);
        if (!binding.nodeId().equals(endpoint.id())) {
            throw new StoqException(
                    StoqException.Code.WRONG_IDENTITY,
                    Retry.NEVER,
                    "node " + binding.nodeId().toShortString() + " answers at " + endpoint.address() + ", expected "
                            + endpoint.id().toShortString() + "; correct the address or the identity");
        }
        return binding;
    }

    /** Proves both sides to each other. */
    void run(AuthenticatedConnection connection, X509Certificate tlsLeaf, LeafBinding server, long endNanos) {
        FrameChannel channel = new FrameChannel(connection.awaitControl(endNanos));
        try {
            exchange(connection, channel, tlsLeaf, server, endNanos);
        } catch (StoqException e) {
            if (e.code() != StoqException.Code.REFUSED_BY_PEER
                    && connection.closed().isEmpty()) {
                channel.send(PeerCheck.refusal(e).encode(), true);
            }
            throw e;
        }
    }

    private void exchange(
            AuthenticatedConnection connection,
            FrameChannel channel,
            X509Certificate tlsLeaf,
            LeafBinding server,
            long endNanos) {
        byte[] challengeFrame = channel.await(endNanos);
        HelloFrame.Challenge challenge = expect(HelloFrame.Challenge.class, challengeFrame);
        NodeId serverId = server.nodeId();
        Digest serverLeaf = HelloFrame.leafHash(List.of(tlsLeaf));
        byte[] nonce = new byte[HelloFrame.NONCE_BYTES];
        config.random().nextBytes(nonce);
        byte[] statement = HelloFrame.clientStatement(
                config.self(),
                serverId,
                nonce,
                challenge.nonce(),
                serverLeaf,
                offered,
                credentials.chain(),
                credentials.staple());
        Signature signature = credentials.helloKey().sign(StoqProtocol.CLIENT_TAG, config.network(), statement);
        byte[] helloFrame = new HelloFrame.ClientHello(
                        config.network(),
                        serverId,
                        serverLeaf,
                        nonce,
                        offered,
                        credentials.chain(),
                        credentials.staple(),
                        signature)
                .encode();
        channel.send(helloFrame, false);

        HelloFrame.ServerHello answer = expect(HelloFrame.ServerHello.class, channel.await(endNanos));
        if (!HelloFrame.leafHash(answer.chain()).equals(serverLeaf)) {
            throw failed("the server's hello names another leaf than its TLS handshake presented");
        }
        byte[] answerStatement = HelloFrame.serverStatement(
                challengeFrame, helloFrame, answer.protection(), answer.chain(), answer.staple());
        if (!server.helloKey().verify(StoqProtocol.SERVER_TAG, config.network(), answerStatement, answer.signature())) {
            throw failed("the server's hello is not signed by the hello key of its leaf over this connection");
        }
        PeerIdentity peer = check.judge(server, answer.chain(), answer.staple());
        channel.send(new HelloFrame.Accepted().encode(), false);
        connection.establish(
                peer,
                weaker(offered, answer.protection()),
                () -> check.standing(server, answer.chain(), answer.staple()));
    }

    private static <T extends HelloFrame> T expect(Class<T> type, byte[] frame) {
        HelloFrame decoded = HelloFrame.decode(frame);
        if (decoded instanceof HelloFrame.Refusal refusal) {
            throw PeerCheck.refusedByPeer(refusal, "the server");
        }
        if (!type.isInstance(decoded)) {
            throw HelloFrame.malformed(
                    "expected " + type.getSimpleName() + " in the hello, got "
                            + decoded.getClass().getSimpleName(),
                    null);
        }
        return type.cast(decoded);
    }

    static Protection weaker(Protection one, Protection other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    static StoqException failed(String message) {
        return new StoqException(StoqException.Code.HANDSHAKE_FAILED, Retry.NEVER, message);
    }
}
