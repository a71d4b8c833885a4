package online.hypermesh.node.operation;

import java.util.List;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;

/** What a node is asked: {@code [version, operation, arguments…]}. Immutable. */
public sealed interface NodeRequest {
    /** Number of the STOQ service that answers these requests. */
    int SERVICE = 30;

    /** Number of the STOQ service that issues leaves: an encoded issuance request in, an encoded issued leaf out. */
    int ISSUE_SERVICE = 10;

    /** Largest encoded request in bytes: a transaction of the largest size with its frame. */
    int MAX_BYTES = 1_048_576 + 1_024;

    /** Most assets in one answer. */
    int MAX_ASSETS = 500;

    /** Most certificates in a chain. */
    int MAX_CHAIN = 8;

    /** Where does the node stand? Answer: {@link NodeStatus}. */
    record Status() implements NodeRequest {}

    /**
     * Take a transaction and answer when it is final. Answer: an encoded receipt.
     *
     * @param transaction canonical bytes of a signed transaction
     * @param waitMillis longest wait, 1..600000
     */
    record Submit(byte[] transaction, int waitMillis) implements NodeRequest {}

    /**
     * Prove a value or its absence. Answer: an encoded state proof.
     *
     * @param module the ledger module
     * @param key the key
     */
    record Prove(String module, byte[] key) implements NodeRequest {}

    /**
     * What does a name lead to? Answer: {@link ResolvedName}.
     *
     * @param name the name
     */
    record Resolve(String name) implements NodeRequest {}

    /**
     * Does a leaf hold under the node's phase? Answer: {@link CheckedLeaf}.
     *
     * @param chain the leaf first, DER
     * @param staple an encoded state proof of its record, or empty
     */
    record ValidateLeaf(List<byte[]> chain, byte[] staple) implements NodeRequest {
        /**
         * Copies the list.
         *
         * @param chain leaf first
         * @param staple state proof or empty
         */
        public ValidateLeaf {
            chain = List.copyOf(chain);
        }
    }

    /**
     * Which assets are registered? Answer: a list of {@link AssetEntry}.
     *
     * @param skip how many to leave out from the start
     * @param limit most wanted, 1..{@link #MAX_ASSETS}
     */
    record ListAssets(int skip, int limit) implements NodeRequest {}

    /**
     * Which asset has an id? Answer: one {@link AssetEntry}, or the failure NOT_FOUND.
     *
     * @param id the asset's id
     */
    record FindAsset(Digest id) implements NodeRequest {}

    /** Which phases has the node passed, when and why? Answer: a list of {@link PhaseStep}. */
    record PhaseHistory() implements NodeRequest {}

    /** Never ask the traditional name system again until restarted. Answer: empty. */
    record CutTraditionalDns() implements NodeRequest {}

    /**
     * Go back to a lower phase for a while. Answer: {@link NodeStatus}; or a failure with the node's reason.
     *
     * @param command an encoded {@code SignedPhaseCommand} of an operator
     */
    record LowerPhase(byte[] command) implements NodeRequest {}

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    default byte[] encode() {
        CborWriter w = new CborWriter(256);
        if (this instanceof Status) {
            w.array(2).uint(1).uint(1);
        } else if (this instanceof Submit r) {
            w.array(4).uint(1).uint(2).bytes(r.transaction()).uint(r.waitMillis());
        } else if (this instanceof Prove r) {
            w.array(4).uint(1).uint(3).text(r.module()).bytes(r.key());
        } else if (this instanceof Resolve r) {
            w.array(3).uint(1).uint(4).text(r.name());
        } else if (this instanceof ValidateLeaf r) {
            w.array(4).uint(1).uint(5).list(r.chain(), CborWriter::bytes).bytes(r.staple());
        } else if (this instanceof ListAssets r) {
            w.array(4).uint(1).uint(6).uint(r.skip()).uint(r.limit());
        } else if (this instanceof FindAsset r) {
            w.array(3).uint(1).uint(7).bytes(r.id().toBytes());
        } else if (this instanceof PhaseHistory) {
            w.array(2).uint(1).uint(8);
        } else if (this instanceof CutTraditionalDns) {
            w.array(2).uint(1).uint(9);
        } else if (this instanceof LowerPhase r) {
            w.array(3).uint(1).uint(10).bytes(r.command());
        }
        return w.toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the request
     * @throws CborException if they are not canonical, or a value is out of range
     */
    static NodeRequest decode(byte[] bytes) {
        CborReader r = new CborReader(bytes);
        int items = r.array(4);
        r.expect(1, "request version");
        int operation = r.uint(255);
        int expected = switch (operation) {
            case 1, 8, 9 -> 2;
            case 4, 7, 10 -> 3;
            case 2, 3, 5, 6 -> 4;
            default -> throw new CborException("operation " + operation + " is not known; 1..10 are");
        };
        if (items != expected) {
            throw new CborException("operation " + operation + " has " + items + " items, expected " + expected);
        }
        NodeRequest request = switch (operation) {
            case 1 -> new Status();
            case 2 -> new Submit(r.bytes(1_048_576), atLeastOne(r.uint(600_000), "wait"));
            case 3 -> new Prove(r.text(32), r.bytes(256));
            case 4 -> new Resolve(r.text(256));
            case 5 -> new ValidateLeaf(r.list(MAX_CHAIN, i -> i.bytes(8192)), r.bytes(16_384));
            case 6 -> new ListAssets(r.uint(Integer.MAX_VALUE), atLeastOne(r.uint(MAX_ASSETS), "limit"));
            case 7 -> new FindAsset(Digest.of(r.fixedBytes(Digest.LENGTH)));
            case 8 -> new PhaseHistory();
            case 9 -> new CutTraditionalDns();
            default -> new LowerPhase(r.bytes(1024));
        };
        r.end();
        return request;
    }

    private static int atLeastOne(int value, String what) {
        if (value < 1) {
            throw new CborException(what + " must be at least 1");
        }
        return value;
    }
}
