package online.hypermesh.node.stoq;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Where a trial node is, who must answer there, and in which network: {@code stoq://NODE@[ADDRESS]:PORT/NETWORK}. Immutable.
 *
 * @param endpoint address and identity
 * @param network the network
 */
public record TrialAddress(Endpoint endpoint, NetworkId network) {
    private static final String SCHEME = "stoq";

    /**
     * Reads the form that {@link #toString} gives.
     *
     * @param text the address
     * @return what it says
     * @throws IllegalArgumentException saying what is wrong with it
     */
    public static TrialAddress parse(String text) {
        try {
            URI uri = new URI(text);
            if (!SCHEME.equals(uri.getScheme())
                    || uri.getUserInfo() == null
                    || uri.getHost() == null
                    || uri.getPort() < 1
                    || uri.getPath().length() < 2) {
                throw malformed(text, null);
            }
            InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(uri.getHost()), uri.getPort());
            return new TrialAddress(
                    new Endpoint(address, NodeId.fromHex(uri.getUserInfo())),
                    new NetworkId(Digest.fromHex(uri.getPath().substring(1))));
        } catch (URISyntaxException | UnknownHostException e) {
            throw malformed(text, e);
        }
    }

    private static IllegalArgumentException malformed(String text, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "an address is stoq://NODE@[IPV6]:PORT/NETWORK, as stoq serve prints it; was '" + text + "'", cause);
    }

    @Override
    public String toString() {
        return SCHEME + "://" + endpoint.id() + "@["
                + endpoint.address().getAddress().getHostAddress() + "]:"
                + endpoint.address().getPort() + "/" + network.digest().toHex();
    }
}
