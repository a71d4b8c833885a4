package online.hypermesh.auth.api;

import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;

/** The payload of a transaction to the ledger module {@link PolicyState#MODULE}. Immutable. */
public sealed interface PolicyCommand {
    /** Largest encoded command in bytes. */
    int MAX_BYTES = 1024;

    /**
     * Adds a rule. Its id must be free; a rule for one identity needs that identity to be a member.
     *
     * @param rule the rule
     */
    record Grant(Rule rule) implements PolicyCommand {}

    /**
     * Removes a rule.
     *
     * @param ruleId id of the rule
     */
    record Revoke(String ruleId) implements PolicyCommand {
        /**
         * Checks the id's form.
         *
         * @param ruleId 1..48 characters of a-z, 0-9 and hyphen
         */
        public Revoke {
            Rule.requireId(ruleId);
        }
    }

    /**
     * Admits an identity as a member.
     *
     * @param nodeKey its long-term key
     * @param label what people call it, 1..63 characters of a-z, 0-9, dot and hyphen, unique in the network
     */
    record Enroll(VerifyKey nodeKey, String label) implements PolicyCommand {
        /**
         * Checks the label.
         *
         * @param nodeKey long-term key
         * @param label 1..63 characters of a-z, 0-9, dot and hyphen
         */
        public Enroll {
            Member.requireLabel(label);
        }
    }

    /**
     * Removes an enrolled identity together with the rules that speak of it alone.
     *
     * @param id the identity
     */
    record Expel(NodeId id) implements PolicyCommand {}

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    default byte[] encode() {
        CborWriter w = new CborWriter(256).array(3).uint(1);
        if (this instanceof Grant g) {
            w.uint(1);
            g.rule().writeTo(w);
        } else if (this instanceof Revoke r) {
            w.uint(2).text(r.ruleId());
        } else if (this instanceof Enroll e) {
            w.uint(3).array(2).bytes(e.nodeKey().toBytes()).text(e.label());
        } else if (this instanceof Expel x) {
            w.uint(4).bytes(x.id().digest().toBytes());
        }
        return w.toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote, at most {@link #MAX_BYTES}
     * @return the command
     * @throws CborException if the bytes are not canonical or exceed a limit
     * @throws IllegalArgumentException if a value is out of range
     */
    static PolicyCommand decode(byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw new CborException("policy command of " + bytes.length + " bytes, limit " + MAX_BYTES);
        }
        CborReader r = new CborReader(bytes).expectArray(3).expect(1, "policy command version");
        long tag = r.uint();
        PolicyCommand command;
        if (tag == 1) {
            command = new Grant(Rule.readFrom(r));
        } else if (tag == 2) {
            command = new Revoke(r.text(Rule.MAX_ID_LENGTH));
        } else if (tag == 3) {
            r.expectArray(2);
            command = new Enroll(VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH)), r.text(Member.MAX_LABEL_LENGTH));
        } else if (tag == 4) {
            command = new Expel(new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH))));
        } else {
            throw new CborException("policy command " + tag + " is not known; 1..4 are");
        }
        r.end();
        return command;
    }
}
