package online.hypermesh.impl.asset;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import online.hypermesh.api.asset.Asset;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.impl.content.PackList;
import online.hypermesh.impl.content.StorageReceipt;
import online.hypermesh.impl.seal.Envelope;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Records stored content once enough validators attested that they hold it. An asset's id is the id of the transaction that
 * registered it; the newest asset of an owner and label can be looked up by them. Stateless; confined as the ledger says.
 */
public final class AssetModule implements LedgerModule {
    /** Name of the module and its key space. */
    public static final String NAME = "assets";

    private static final DomainTag LABEL_TAG = new DomainTag("hypermesh/asset-label/v1");
    private static final int RECORD_VERSION = 1;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
        AssetRegistration registration = AssetRegistration.decode(payload);
        Optional<Outcome> refusal = checkEnvelope(context, registration);
        if (refusal.isEmpty()) {
            refusal = checkReceipts(context, registration);
        }
        if (refusal.isPresent()) {
            return refusal.get();
        }
        Asset asset = asset(registration, context.transactionId(), context.sender(), context.height());
        state.put(assetKey(asset.id()), encode(asset));
        state.put(labelKey(asset.owner(), asset.label()), asset.id().toBytes());
        return new Outcome.Applied(asset.id().toBytes());
    }

    /**
     * Where an asset's record lies in the state.
     *
     * @param id the asset's id
     * @return the key; its value is read by {@link #decode}
     */
    public static byte[] assetKey(Digest id) {
        return new CborWriter(40).array(2).uint(0).bytes(id.toBytes()).toBytes();
    }

    /**
     * Where the id of the newest asset of an owner and label lies in the state.
     *
     * @param owner who registered it
     * @param label its public name
     * @return the key; its value is 32 bytes
     */
    public static byte[] labelKey(NodeId owner, String label) {
        byte[] name =
                Hashing.hash(LABEL_TAG, label.getBytes(StandardCharsets.UTF_8)).toBytes();
        return new CborWriter(80)
                .array(3)
                .uint(1)
                .bytes(owner.digest().toBytes())
                .bytes(name)
                .toBytes();
    }

    /** Whether a key of this module is one of {@link #labelKey}; all others are of {@link #assetKey}. */
    static boolean isLabelKey(byte[] key) {
        return new CborReader(key).array(3) == 3;
    }

    /**
     * Looks an asset up in a state.
     *
     * @param state the module's key space
     * @param id the asset's id
     * @return the asset, if recorded
     */
    public static Optional<Asset> find(StateReader state, Digest id) {
        return state.get(assetKey(id)).map(AssetModule::decode);
    }

    /**
     * Reads an asset's record.
     *
     * @param value a value of the state
     * @return the asset
     * @throws online.hypermesh.stoq.base.cbor.CborException if it is no record
     */
    public static Asset decode(byte[] value) {
        CborReader r = new CborReader(value).expectArray(10).expect(RECORD_VERSION, "asset record version");
        Asset asset = new Asset(
                digest(r),
                new NodeId(digest(r)),
                r.text(AssetRegistration.MAX_LABEL_BYTES),
                digest(r),
                r.uint(PackList.MAX_PACKS),
                r.uint(PackList.MAX_PACKS),
                r.bytes(Envelope.MAX_BYTES),
                r.uint(),
                r.uint());
        r.end();
        return asset;
    }

    static Asset asset(AssetRegistration registration, Digest id, NodeId owner, long height) {
        return new Asset(
                id,
                owner,
                registration.label(),
                registration.packListId(),
                registration.packCount(),
                registration.manifestPacks(),
                registration.envelope(),
                registration.storedBytes(),
                height);
    }

    static byte[] encode(Asset asset) {
        byte[] envelope = asset.envelope();
        return new CborWriter(envelope.length + 400)
                .array(10)
                .uint(RECORD_VERSION)
                .bytes(asset.id().toBytes())
                .bytes(asset.owner().digest().toBytes())
                .text(asset.label())
                .bytes(asset.packListId().toBytes())
                .uint(asset.packCount())
                .uint(asset.manifestPacks())
                .bytes(envelope)
                .uint(asset.storedBytes())
                .uint(asset.height())
                .toBytes();
    }

    private static Digest digest(CborReader r) {
        return Digest.of(r.fixedBytes(Digest.LENGTH));
    }

    private static Optional<Outcome> checkEnvelope(ExecutionContext context, AssetRegistration registration) {
        Envelope envelope = Envelope.decode(registration.envelope());
        if (!envelope.network().equals(context.genesis().networkId())) {
            return refuse("WRONG_NETWORK", "the envelope belongs to network " + envelope.network());
        }
        if (!envelope.subject().equals(registration.packListId())) {
            return refuse("INVALID_ENVELOPE", "the envelope is of pack list " + envelope.subject());
        }
        if (!envelope.author().equals(context.transaction().sender())) {
            return refuse("INVALID_ENVELOPE", "the envelope's author is not the sender");
        }
        if (!envelope.verify().accepted()) {
            return refuse("INVALID_ENVELOPE", "the author's signature on the envelope does not hold");
        }
        return Optional.empty();
    }

    private static Optional<Outcome> checkReceipts(ExecutionContext context, AssetRegistration registration) {
        Set<NodeId> signers = new HashSet<>();
        for (StorageReceipt receipt : registration.receipts()) {
            NodeId signer = receipt.signerId();
            if (context.genesis().validator(signer).isEmpty()) {
                return refuse("INVALID_RECEIPT", "signer " + signer.toShortString() + " is no validator");
            }
            if (!signers.add(signer)) {
                return refuse("INVALID_RECEIPT", "validator " + signer.toShortString() + " signed twice");
            }
            if (!receipt.network().equals(context.genesis().networkId())
                    || !receipt.packListId().equals(registration.packListId())
                    || receipt.packCount() != registration.packCount()
                    || receipt.storedBytes() != registration.storedBytes()) {
                return refuse("INVALID_RECEIPT", "the receipt of " + signer.toShortString() + " is for something else");
            }
            if (!receipt.signatureHolds()) {
                return refuse(
                        "INVALID_RECEIPT", "the signature of validator " + signer.toShortString() + " does not hold");
            }
        }
        int required = StorageReceipt.required(context.genesis());
        return signers.size() >= required
                ? Optional.empty()
                : refuse(
                        "TOO_FEW_RECEIPTS", signers.size() + " validators attest the content, " + required + " needed");
    }

    private static Optional<Outcome> refuse(String code, String detail) {
        return Optional.of(Outcome.refused(code, detail));
    }
}
