package online.hypermesh.trustchain.api.names;

import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/** Payload of a transaction to the ledger module {@value NameRecord#MODULE}. */
public sealed interface NameInstruction {
    /**
     * The name it is about.
     *
     * @return a name in canonical form, if the sender kept the rules
     */
    String name();

    /**
     * Takes a free name; the sender becomes its owner.
     *
     * @param name the name
     * @param content where it leads
     */
    record Register(String name, NameRecord.Content content) implements NameInstruction {}

    /**
     * Replaces a name's content; only its owner may.
     *
     * @param name the name
     * @param content where it leads from now on
     */
    record Update(String name, NameRecord.Content content) implements NameInstruction {}

    /**
     * Gives a name away; only its owner may.
     *
     * @param name the name
     * @param newOwner who owns it from now on
     */
    record Transfer(String name, NodeId newOwner) implements NameInstruction {}

    /**
     * Frees a name; only its owner may.
     *
     * @param name the name
     */
    record Release(String name) implements NameInstruction {}

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    default byte[] encode() {
        CborWriter w = new CborWriter(128);
        if (this instanceof Register i) {
            w.array(3).uint(1).text(i.name());
            i.content().writeTo(w);
        } else if (this instanceof Update i) {
            w.array(3).uint(2).text(i.name());
            i.content().writeTo(w);
        } else if (this instanceof Transfer i) {
            w.array(3).uint(3).text(i.name()).bytes(i.newOwner().digest().toBytes());
        } else if (this instanceof Release i) {
            w.array(2).uint(4).text(i.name());
        }
        return w.toBytes();
    }

    /**
     * Reads canonical bytes; the name's rules are not checked.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the instruction
     * @throws CborException if they are not canonical
     * @throws IllegalArgumentException if an address is not acceptable
     */
    static NameInstruction decode(byte[] bytes) {
        CborReader r = new CborReader(bytes);
        int items = r.array(3);
        int kind = r.uint(255);
        if (kind < 1 || kind > 4 || items != (kind == 4 ? 2 : 3)) {
            throw new CborException("name instruction " + kind + " with " + items + " items");
        }
        String name = r.text(NameRules.MAX_LENGTH);
        NameInstruction instruction = switch (kind) {
            case 1 -> new Register(name, NameRecord.Content.readFrom(r));
            case 2 -> new Update(name, NameRecord.Content.readFrom(r));
            case 3 -> new Transfer(name, new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH))));
            default -> new Release(name);
        };
        r.end();
        return instruction;
    }
}
