package online.hypermesh.impl.dht;

import online.hypermesh.api.dht.NodeAddress;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/** A node and where it says it is. The identity is bound to its key, so nobody chooses its position. Immutable. */
public final class Contact {
    private final NodeId id;
    private final NodeAddress address;
    private final Position position;

    /**
     * Creates a contact.
     *
     * @param id who
     * @param address where
     */
    public Contact(NodeId id, NodeAddress address) {
        this.id = id;
        this.address = address;
        this.position = Position.of(id.digest());
    }

    /**
     * Who.
     *
     * @return the identity
     */
    public NodeId id() {
        return id;
    }

    /**
     * Where.
     *
     * @return the address
     */
    public NodeAddress address() {
        return address;
    }

    /**
     * Its place in the key space.
     *
     * @return the position
     */
    public Position position() {
        return position;
    }

    void encode(CborWriter w) {
        w.array(2).bytes(id.digest().toBytes());
        address.encode(w);
    }

    static Contact decode(CborReader r) {
        r.expectArray(2);
        NodeId id = new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH)));
        return new Contact(id, NodeAddress.decode(r));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Contact c && position.equals(c.position) && address.equals(c.address);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    @Override
    public String toString() {
        return id.toShortString() + " at " + address;
    }
}
