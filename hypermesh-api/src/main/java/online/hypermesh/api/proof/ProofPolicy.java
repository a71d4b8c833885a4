package online.hypermesh.api.proof;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.VerifyKey;

/**
 * Which operation needs which proofs, and which Roughtime sources count. A ledger transaction's kind of operation is the name
 * of its module; {@link #LEADERSHIP} and {@link #ADMISSION} are not transactions. Operations that are not named need nothing.
 * Immutable.
 *
 * @param version grows with every change
 * @param requirements by kind of operation, in ascending order
 * @param timeSources long-term keys of the sources that count, at most 16
 */
public record ProofPolicy(long version, Map<String, ProofRequirement> requirements, List<VerifyKey> timeSources) {
    /** Kind of operation: may lead views. */
    public static final String LEADERSHIP = "leadership";

    /** Kind of operation: joins the network. */
    public static final String ADMISSION = "admission";

    /** Asks for nothing; what a network begins with. */
    public static final ProofPolicy NONE = new ProofPolicy(0, Map.of(), List.of());

    /** Names of test networks begin with this; others are production networks. */
    public static final String TEST_NETWORK_PREFIX = "test-";

    private static final int MAX_REQUIREMENTS = 64;
    private static final int MAX_SOURCES = 16;

    /**
     * Sorts and copies.
     *
     * @param version at least 0
     * @param requirements at most 64; none for {@link Participant#MODULE}, which is how proofs get in
     * @param timeSources at most 16
     */
    public ProofPolicy {
        if (version < 0) {
            throw new IllegalArgumentException("version must be >= 0, was " + version);
        }
        if (requirements.size() > MAX_REQUIREMENTS || timeSources.size() > MAX_SOURCES) {
            throw new IllegalArgumentException("a policy has at most " + MAX_REQUIREMENTS + " requirements and "
                    + MAX_SOURCES + " sources, got " + requirements.size() + " and " + timeSources.size());
        }
        TreeMap<String, ProofRequirement> sorted = new TreeMap<>(requirements);
        for (String type : sorted.keySet()) {
            if (type.isEmpty() || type.length() > ProofContext.MAX_TYPE_LENGTH || type.equals(Participant.MODULE)) {
                throw new IllegalArgumentException("no requirement can be set for the operation \"" + type + "\"");
            }
        }
        requirements = Collections.unmodifiableMap(sorted);
        timeSources = List.copyOf(timeSources);
    }

    /**
     * What a kind of operation needs.
     *
     * @param operationType its name
     * @return the requirement; empty if it needs nothing
     */
    public Optional<ProofRequirement> requirement(String operationType) {
        return Optional.ofNullable(requirements.get(operationType));
    }

    /**
     * Whether a network is for tests: its name begins with {@link #TEST_NETWORK_PREFIX}. The name is part of the network's id,
     * so a production network cannot be taken for one.
     *
     * @param genesis its founding document
     * @return true if so
     */
    public static boolean isTestNetwork(Genesis genesis) {
        return genesis.name().startsWith(TEST_NETWORK_PREFIX);
    }

    /**
     * What keeps this policy out of a network.
     *
     * @param genesis the network's founding document
     * @return one line per problem; empty if the policy may be used
     */
    public List<String> problemsIn(Genesis genesis) {
        List<String> problems = new ArrayList<>();
        requirements.forEach((type, requirement) -> {
            if (!isTestNetwork(genesis)) {
                requirement.productionProblems().forEach(p -> problems.add(type + ": " + p));
            }
            if (requirement.minTimeSources() > timeSources.size()) {
                problems.add(
                        type + ": asks for " + requirement.minTimeSources() + " time sources of " + timeSources.size());
            }
        });
        return List.copyOf(problems);
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(512).array(3).uint(version);
        w.list(List.copyOf(requirements.entrySet()), (o, entry) -> {
            o.array(2).text(entry.getKey());
            entry.getValue().writeTo(o);
        });
        return w.list(timeSources, (o, key) -> o.bytes(key.toBytes())).toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the policy
     * @throws CborException if the bytes are not canonical
     * @throws IllegalArgumentException if a value is out of range
     */
    public static ProofPolicy decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(3);
        long version = r.uint();
        Map<String, ProofRequirement> requirements = new TreeMap<>();
        String last = "";
        int count = r.array(MAX_REQUIREMENTS);
        for (int i = 0; i < count; i++) {
            r.expectArray(2);
            String type = r.text(ProofContext.MAX_TYPE_LENGTH);
            if (type.compareTo(last) <= 0) {
                throw new CborException("requirement \"" + type + "\" after \"" + last + "\"");
            }
            last = type;
            requirements.put(type, ProofRequirement.readFrom(r));
        }
        ProofPolicy policy = new ProofPolicy(
                version, requirements, r.list(MAX_SOURCES, i -> VerifyKey.of(i.fixedBytes(VerifyKey.LENGTH))));
        r.end();
        return policy;
    }
}
