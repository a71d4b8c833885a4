package online.hypermesh.impl.consensus;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;

/** What validators say to each other, one canonical CBOR array each; specified in {@code docs/spec/consensus.md}. */
public sealed interface Message {
    /** Most certificates in one message. */
    int MAX_CERTIFICATES = 64;

    /** Most transactions and bundles in one gossip message. */
    int MAX_ENTRIES = 4096;

    /** Most equivocations in one message. */
    int MAX_EQUIVOCATIONS = Block.MAX_EVIDENCE;

    /** Longest message that is light. */
    int LIGHT_BYTES = 2048;

    /** Most votes in one answer. */
    int MAX_HELD_VOTES = 16;

    /**
     * A leader's block with its notarize vote and the certificates that justify its parent.
     *
     * @param block the proposed block
     * @param vote the leader's own vote for it
     * @param justification certificate of the parent and nullifications of the views skipped
     */
    record Proposal(Block block, Vote vote, List<Certificate> justification) implements Message {
        /**
         * Copies the list.
         *
         * @param block the proposed block
         * @param vote the leader's vote
         * @param justification certificates
         */
        public Proposal {
            justification = List.copyOf(justification);
        }
    }

    /**
     * A vote of the sender.
     *
     * @param vote the vote
     */
    record Voted(Vote vote) implements Message {}

    /**
     * Certificates the sender thinks the receiver lacks.
     *
     * @param certificates at most {@link #MAX_CERTIFICATES}
     */
    record Certificates(List<Certificate> certificates) implements Message {
        /**
         * Copies the list.
         *
         * @param certificates the certificates
         */
        public Certificates {
            certificates = List.copyOf(certificates);
        }
    }

    /**
     * Transactions and bundles for whoever leads next.
     *
     * @param entries at most {@link #MAX_ENTRIES}
     */
    record Gossip(List<BodyEntry> entries) implements Message {
        /**
         * Copies the list.
         *
         * @param entries transactions and bundles
         */
        public Gossip {
            entries = List.copyOf(entries);
        }
    }

    /**
     * Where the sender stands; whoever is ahead answers with what it lacks.
     *
     * @param epoch its current epoch
     * @param view its current view
     * @param finalizedHeight its newest finalized block
     * @param lacksFrom lowest view of which it lacks the certificate; its current view when it lacks none
     */
    record Position(long epoch, long view, long finalizedHeight, long lacksFrom) implements Message {}

    /**
     * Asks for the body of a block that is not final yet.
     *
     * @param id the block
     */
    record BlockWanted(Digest id) implements Message {}

    /**
     * Answers {@link BlockWanted}.
     *
     * @param block the block
     */
    record BlockFound(Block block) implements Message {}

    /**
     * Asks at start which votes of the sender the receiver has seen.
     *
     * @param epoch the asker's current epoch, of which it asks
     * @param incarnation random number of this start, returned in the answer
     */
    record VotesWanted(long epoch, long incarnation) implements Message {}

    /**
     * Answers {@link VotesWanted}.
     *
     * @param epoch as asked
     * @param incarnation as asked
     * @param votes newest votes of the asker, at most {@link #MAX_HELD_VOTES}
     * @param view current view of the answerer
     * @param reliable whether the answerer's own votes are all below or in that view
     * @param entry certificate of the view before; empty in view 1
     */
    record VotesHeld(
            long epoch, long incarnation, List<Vote> votes, long view, boolean reliable, Optional<Certificate> entry)
            implements Message {
        /**
         * Copies the list.
         *
         * @param epoch as asked
         * @param incarnation as asked
         * @param votes newest votes
         * @param view current view
         * @param reliable whether the view bounds the answerer's votes
         * @param entry certificate
         */
        public VotesHeld {
            votes = List.copyOf(votes);
        }
    }

    /**
     * Shows that validators contradicted themselves.
     *
     * @param equivocations at most {@link #MAX_EQUIVOCATIONS}
     */
    record Evidence(List<Equivocation> equivocations) implements Message {
        /**
         * Copies the list.
         *
         * @param equivocations the equivocations
         */
        public Evidence {
            equivocations = List.copyOf(equivocations);
        }
    }

    /** Understood where {@link online.hypermesh.api.genesis.ProtocolVersions#BATCHES} is in force, and sent nowhere else. */
    sealed interface OfBatches extends Message {}

    /**
     * A leader's block of which a part stands in certified batches.
     *
     * @param header of the proposed block
     * @param parts its entries
     * @param evidence its evidence
     * @param vote the leader's own vote for it
     * @param justification as in {@link Proposal}
     */
    record PartedProposal(
            BlockHeader header,
            BodyParts parts,
            List<Equivocation> evidence,
            Vote vote,
            List<Certificate> justification)
            implements OfBatches {
        /**
         * Copies the lists.
         *
         * @param header of the block
         * @param parts its entries
         * @param evidence its evidence
         * @param vote the leader's vote
         * @param justification certificates
         */
        public PartedProposal {
            evidence = List.copyOf(evidence);
            justification = List.copyOf(justification);
        }
    }

    /**
     * A batch, from its maker or in answer to {@link BatchWanted}.
     *
     * @param batch the batch
     */
    record BatchOffered(Batch batch) implements OfBatches {}

    /**
     * The sender holds a batch of the receiver.
     *
     * @param statement what it says
     * @param signature its signature
     */
    record BatchPromised(AvailabilityStatement statement, Signature signature) implements OfBatches {}

    /**
     * A quorum holds a batch.
     *
     * @param certificate the proof
     */
    record BatchCertified(AvailabilityCertificate certificate) implements OfBatches {}

    /**
     * Asks for a batch.
     *
     * @param id the batch
     */
    record BatchWanted(Digest id) implements OfBatches {}

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    default byte[] encode() {
        CborWriter w = new CborWriter(512);
        if (this instanceof Proposal m) {
            w.array(4).uint(1);
            m.block().writeTo(w);
            m.vote().writeTo(w);
            w.list(m.justification(), (o, c) -> c.writeTo(o));
        } else if (this instanceof Voted m) {
            w.array(2).uint(2);
            m.vote().writeTo(w);
        } else if (this instanceof Certificates m) {
            w.array(2).uint(3).list(m.certificates(), (o, c) -> c.writeTo(o));
        } else if (this instanceof Gossip m) {
            w.array(2).uint(4).list(m.entries(), (o, e) -> e.writeTo(o));
        } else if (this instanceof Position m) {
            w.array(5)
                    .uint(5)
                    .uint(m.epoch())
                    .uint(m.view())
                    .uint(m.finalizedHeight())
                    .uint(m.lacksFrom());
        } else if (this instanceof BlockWanted m) {
            w.array(2).uint(6).bytes(m.id().toBytes());
        } else if (this instanceof BlockFound m) {
            w.array(2).uint(7);
            m.block().writeTo(w);
        } else if (this instanceof VotesWanted m) {
            w.array(3).uint(8).uint(m.epoch()).uint(m.incarnation());
        } else if (this instanceof VotesHeld m) {
            w.array(7)
                    .uint(9)
                    .uint(m.epoch())
                    .uint(m.incarnation())
                    .list(m.votes(), (o, v) -> v.writeTo(o))
                    .uint(m.view())
                    .bool(m.reliable());
            m.entry().ifPresentOrElse(c -> c.writeTo(w), w::nil);
        } else if (this instanceof Evidence m) {
            w.array(2).uint(10).list(m.equivocations(), (o, e) -> e.writeTo(o));
        } else if (this instanceof PartedProposal m) {
            w.array(6).uint(11);
            m.header().writeTo(w);
            m.parts().writeTo(w);
            w.list(m.evidence(), (o, e) -> e.writeTo(o));
            m.vote().writeTo(w);
            w.list(m.justification(), (o, c) -> c.writeTo(o));
        } else if (this instanceof BatchOffered m) {
            w.array(2).uint(12);
            m.batch().writeTo(w);
        } else if (this instanceof BatchPromised m) {
            w.array(3).uint(13);
            m.statement().writeTo(w);
            w.bytes(m.signature().toBytes());
        } else if (this instanceof BatchCertified m) {
            w.array(2).uint(14);
            m.certificate().writeTo(w);
        } else if (this instanceof BatchWanted m) {
            w.array(2).uint(15).bytes(m.id().toBytes());
        }
        return w.toBytes();
    }

    /**
     * Whether bytes are so few, and of such a kind, that reading them takes microseconds and nothing is to be checked then.
     *
     * @param bytes what {@link #encode()} wrote, or anything else
     * @return whether they are
     */
    static boolean isLight(byte[] bytes) {
        return bytes.length > 1
                && bytes.length <= LIGHT_BYTES
                && switch (bytes[1]) {
                    case 1, 2, 3, 5 -> true; // Proposal, Voted, Certificates, Position
                    default -> false;
                };
    }

    /**
     * Reads canonical bytes; nothing is verified.
     *
     * @param bytes what {@link #encode()} wrote
     * @param parameters limits of blocks and transactions
     * @return the message
     * @throws CborException if the bytes are not a message
     * @throws IllegalArgumentException if a value is out of range
     */
    static Message decode(byte[] bytes, Parameters parameters) {
        CborReader r = new CborReader(bytes);
        int items = r.array(7);
        int type = r.uint(255);
        Message message = switch (type * 16 + items) {
            case 0x14 ->
                new Proposal(
                        Block.readFrom(r, parameters.maxTransactionBytes()),
                        Vote.readFrom(r),
                        r.list(MAX_CERTIFICATES, Certificate::readFrom));
            case 0x22 -> new Voted(Vote.readFrom(r));
            case 0x32 -> new Certificates(r.list(MAX_CERTIFICATES, Certificate::readFrom));
            case 0x42 ->
                new Gossip(r.list(MAX_ENTRIES, i -> BodyEntry.decode(i.bytes(parameters.maxTransactionBytes()))));
            case 0x55 -> new Position(r.uint(), r.uint(), r.uint(), r.uint());
            case 0x62 -> new BlockWanted(Digest.of(r.fixedBytes(Digest.LENGTH)));
            case 0x72 -> new BlockFound(Block.readFrom(r, parameters.maxTransactionBytes()));
            case 0x83 -> new VotesWanted(r.uint(), r.uint());
            case 0x97 ->
                new VotesHeld(
                        r.uint(),
                        r.uint(),
                        r.list(MAX_HELD_VOTES, Vote::readFrom),
                        r.uint(),
                        r.bool(),
                        r.nil() ? Optional.empty() : Optional.of(Certificate.readFrom(r)));
            case 0xa2 -> new Evidence(r.list(MAX_EQUIVOCATIONS, Equivocation::readFrom));
            case 0xb6 ->
                new PartedProposal(
                        BlockHeader.readFrom(r),
                        BodyParts.readFrom(r, parameters.maxTransactionBytes()),
                        r.list(MAX_EQUIVOCATIONS, Equivocation::readFrom),
                        Vote.readFrom(r),
                        r.list(MAX_CERTIFICATES, Certificate::readFrom));
            case 0xc2 -> new BatchOffered(Batch.readFrom(r, parameters.maxTransactionBytes()));
            case 0xd3 ->
                new BatchPromised(AvailabilityStatement.readFrom(r), Signature.of(r.fixedBytes(Signature.LENGTH)));
            case 0xe2 -> new BatchCertified(AvailabilityCertificate.readFrom(r));
            case 0xf2 -> new BatchWanted(Digest.of(r.fixedBytes(Digest.LENGTH)));
            default -> throw new CborException("message of type " + type + " with " + items + " items");
        };
        r.end();
        return message;
    }
}
