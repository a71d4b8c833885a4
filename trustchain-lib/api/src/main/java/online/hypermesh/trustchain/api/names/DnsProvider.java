package online.hypermesh.trustchain.api.names;

import java.time.Duration;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.stoq.base.id.NodeId;

/** A network's names: resolving them, and changing those one owns. Thread-safe; every call blocks up to its timeout. */
public interface DnsProvider extends NameResolver {
    /**
     * Takes a free name.
     *
     * @param name under the network's suffix
     * @param content where it leads
     * @param timeout longest wait for finality
     * @return the receipt
     * @throws online.hypermesh.trustchain.api.TrustchainException BAD_NAME, REFUSED, UNREACHABLE
     */
    Receipt register(String name, NameRecord.Content content, Duration timeout);

    /**
     * Replaces the content of a name one owns.
     *
     * @param name under the network's suffix
     * @param content where it leads from now on
     * @param timeout longest wait for finality
     * @return the receipt
     * @throws online.hypermesh.trustchain.api.TrustchainException BAD_NAME, REFUSED, UNREACHABLE
     */
    Receipt update(String name, NameRecord.Content content, Duration timeout);

    /**
     * Gives a name one owns away.
     *
     * @param name under the network's suffix
     * @param newOwner who owns it from now on
     * @param timeout longest wait for finality
     * @return the receipt
     * @throws online.hypermesh.trustchain.api.TrustchainException BAD_NAME, REFUSED, UNREACHABLE
     */
    Receipt transfer(String name, NodeId newOwner, Duration timeout);

    /**
     * Frees a name one owns.
     *
     * @param name under the network's suffix
     * @param timeout longest wait for finality
     * @return the receipt
     * @throws online.hypermesh.trustchain.api.TrustchainException BAD_NAME, REFUSED, UNREACHABLE
     */
    Receipt release(String name, Duration timeout);
}
