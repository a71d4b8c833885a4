package online.hypermesh.auth.api;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Keys and values of the policy's key space, so that any client can read or prove what a decision stands on. A decision
 * reads at most seven keys: the summary, the member, and the rules of the identity and of its groups. Stateless.
 */
public final class PolicyState {
    /** Name of the ledger module. */
    public static final String MODULE = "policy";

    /** Most rules that speak of one subject. */
    public static final int MAX_RULES_PER_SUBJECT = 64;

    /** Most rules in a network. */
    public static final int MAX_RULES = 10_000;

    /** Most enrolled identities in a network. */
    public static final int MAX_ENROLLED = 100_000;

    private PolicyState() {}

    /**
     * The policy's counters; changed by every change of the policy.
     *
     * @param revision number of changes since the genesis
     * @param height height of the newest change; 0 for the genesis
     * @param rules rules in force
     * @param enrolled identities enrolled
     */
    public record Summary(long revision, long height, int rules, int enrolled) {
        /**
         * Canonical bytes.
         *
         * @return the encoding
         */
        public byte[] encode() {
            return new CborWriter(32)
                    .array(5)
                    .uint(1)
                    .uint(revision)
                    .uint(height)
                    .uint(rules)
                    .uint(enrolled)
                    .toBytes();
        }

        /**
         * Reads canonical bytes.
         *
         * @param bytes what {@link #encode()} wrote
         * @return the summary
         */
        public static Summary decode(byte[] bytes) {
            CborReader r = new CborReader(bytes).expectArray(5).expect(1, "policy summary version");
            Summary summary = new Summary(r.uint(), r.uint(), r.uint(MAX_RULES), r.uint(MAX_ENROLLED));
            r.end();
            return summary;
        }
    }

    /**
     * Where a rule is, and who granted it.
     *
     * @param subject whom it speaks of
     * @param grantedBy who granted it; empty for rules of the genesis
     */
    public record RuleEntry(Subject subject, Optional<NodeId> grantedBy) {
        /**
         * Canonical bytes.
         *
         * @return the encoding
         */
        public byte[] encode() {
            CborWriter w = new CborWriter(96).array(3).uint(1);
            subject.writeTo(w);
            grantedBy.ifPresentOrElse(by -> w.bytes(by.digest().toBytes()), w::nil);
            return w.toBytes();
        }

        /**
         * Reads canonical bytes.
         *
         * @param bytes what {@link #encode()} wrote
         * @return the entry
         */
        public static RuleEntry decode(byte[] bytes) {
            CborReader r = new CborReader(bytes).expectArray(3).expect(1, "rule entry version");
            Subject subject = Subject.readFrom(r);
            Optional<NodeId> by =
                    r.nil() ? Optional.empty() : Optional.of(new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH))));
            r.end();
            return new RuleEntry(subject, by);
        }
    }

    /**
     * Key of the {@link Summary}.
     *
     * @return the key
     */
    public static byte[] summaryKey() {
        return ascii("summary");
    }

    /**
     * Key of a {@link Member}.
     *
     * @param id its identity
     * @return the key
     */
    public static byte[] memberKey(NodeId id) {
        return ascii("member/" + id);
    }

    /**
     * Key of the 32-byte identity that holds a label.
     *
     * @param label the label
     * @return the key
     */
    public static byte[] labelKey(String label) {
        return ascii("label/" + label);
    }

    /**
     * Key of the rules that speak of a subject.
     *
     * @param subject the subject
     * @return the key
     */
    public static byte[] rulesKey(Subject subject) {
        return ascii("rules/" + subject.label());
    }

    /**
     * Key of a {@link RuleEntry}.
     *
     * @param ruleId id of the rule
     * @return the key
     */
    public static byte[] ruleKey(String ruleId) {
        return ascii("rule/" + ruleId);
    }

    /**
     * Canonical bytes of the rules of one subject.
     *
     * @param rules at most {@link #MAX_RULES_PER_SUBJECT}, in strictly ascending order of their ids
     * @return the encoding
     */
    public static byte[] encodeRules(List<Rule> rules) {
        requireOrder(rules);
        return new CborWriter(64 + rules.size() * 128)
                .array(2)
                .uint(1)
                .list(rules, (w, rule) -> rule.writeTo(w))
                .toBytes();
    }

    /**
     * Reads the rules of one subject.
     *
     * @param bytes what {@link #encodeRules} wrote
     * @return the rules
     */
    public static List<Rule> decodeRules(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(2).expect(1, "rule list version");
        List<Rule> rules = r.list(MAX_RULES_PER_SUBJECT, Rule::readFrom);
        r.end();
        requireOrder(rules);
        return rules;
    }

    private static void requireOrder(List<Rule> rules) {
        if (rules.size() > MAX_RULES_PER_SUBJECT) {
            throw new IllegalArgumentException(rules.size() + " rules for one subject, limit " + MAX_RULES_PER_SUBJECT);
        }
        for (int i = 1; i < rules.size(); i++) {
            if (rules.get(i - 1).id().compareTo(rules.get(i).id()) >= 0) {
                throw new CborException("rules are not in strictly ascending order of their ids at " + i);
            }
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
