package online.hypermesh.api.proof;

import java.util.List;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.VerifyKey;

/**
 * When: claims a time between the beacon's and the including block's, backed, where a policy asks, by Roughtime sources whose
 * nonces chain from the context. It shows that the context existed when the sources answered; it cannot show that it did not
 * exist before. Sources that conspire can back a false time. Immutable.
 *
 * @param claimedMillis milliseconds since 1970
 * @param samples answers in the order in which they were obtained
 */
public record TimeProof(long claimedMillis, List<Sample> samples) implements ConsensusProof {
    /** Label of the challenge that is the first source's nonce. */
    public static final DomainTag NONCE_LABEL = new DomainTag("hypermesh/proof-time/v1");

    /** Label of the challenge that blinds the nonces after the first. */
    public static final DomainTag BLIND_LABEL = new DomainTag("hypermesh/proof-time-blind/v1");

    /** Most samples. */
    public static final int MAX_SAMPLES = 8;

    /** Longest answer of a source in bytes: no answer may exceed its request. */
    public static final int MAX_RESPONSE_BYTES = 1024;

    static final int TYPE = 4;
    static final int ITEMS = 3;

    /**
     * A source's answer.
     *
     * @param source its long-term key
     * @param response the packet it sent
     */
    public record Sample(VerifyKey source, byte[] response) {
        /**
         * Copies the packet.
         *
         * @param source its key
         * @param response 1..1024 bytes
         */
        public Sample {
            if (response.length < 1 || response.length > MAX_RESPONSE_BYTES) {
                throw new IllegalArgumentException(
                        "a response has 1.." + MAX_RESPONSE_BYTES + " bytes, got " + response.length);
            }
            response = response.clone();
        }

        @Override
        public byte[] response() {
            return response.clone();
        }
    }

    /**
     * Copies the list.
     *
     * @param claimedMillis at least 0
     * @param samples at most 8
     */
    public TimeProof {
        if (claimedMillis < 0) {
            throw new IllegalArgumentException("claimedMillis must be >= 0, was " + claimedMillis);
        }
        if (samples.size() > MAX_SAMPLES) {
            throw new IllegalArgumentException(samples.size() + " samples, limit " + MAX_SAMPLES);
        }
        samples = List.copyOf(samples);
    }

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public void writeTo(CborWriter w) {
        w.array(ITEMS)
                .uint(TYPE)
                .uint(claimedMillis)
                .list(samples, (o, s) -> o.array(2).bytes(s.source().toBytes()).bytes(s.response()));
    }

    static TimeProof readBody(CborReader r) {
        return new TimeProof(r.uint(), r.list(MAX_SAMPLES, i -> {
            i.expectArray(2);
            return new Sample(VerifyKey.of(i.fixedBytes(VerifyKey.LENGTH)), i.bytes(MAX_RESPONSE_BYTES));
        }));
    }
}
