package online.hypermesh.impl.consensus.driver;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.impl.consensus.PeerBudget;
import online.hypermesh.impl.consensus.ProvenAnswer;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.id.NodeId;

/** Request and response of catching up: finalized blocks from a height on, in batches of bounded size. */
final class CatchUpService {
    /** Sum of encoded blocks in one response, exceeded only by a single larger block. */
    static final int MAX_BATCH_BYTES = 4 << 20;
    /** Most blocks in one response. */
    static final int MAX_BATCH_BLOCKS = 2048;

    static final int MAX_REQUEST_BYTES = 64;

    /** What one peer may be sent at once, and per second. */
    static final long BURST_BYTES = 32L << 20;

    static final long BYTES_PER_SECOND = 16L << 20;

    private CatchUpService() {}

    static byte[] request(long fromHeight) {
        return new CborWriter(16).array(2).uint(1).uint(fromHeight).toBytes();
    }

    /** Empty when the peer's allowance is used up: it then asks another node, or again later. */
    static byte[] answer(
            NodeId peer,
            byte[] request,
            BlockStorage storage,
            AncestorPaths paths,
            Parameters parameters,
            PeerBudget budget,
            long nowNanos) {
        CborReader r = new CborReader(request).expectArray(2).expect(1, "catch-up version");
        long height = r.uint();
        r.end();
        List<byte[]> batch = new ArrayList<>();
        int bytes = 0;
        long newest = budget.allows(peer, nowNanos) ? storage.height() : 0;
        for (long h = Math.max(1, height); batch.size() < MAX_BATCH_BLOCKS && h <= newest; h++) {
            Optional<byte[]> block = storage.readEncoded(h);
            if (block.isEmpty()) {
                break;
            }
            byte[] encoded = block.get();
            if (!batch.isEmpty() && bytes + encoded.length > MAX_BATCH_BYTES) {
                break;
            }
            bytes += encoded.length;
            batch.add(encoded);
        }
        if (!batch.isEmpty()) {
            byte[] last = proven(batch.remove(batch.size() - 1), storage, paths, parameters);
            batch.add(last);
        }
        budget.spend(peer, bytes, nowNanos);
        CborWriter w = new CborWriter(bytes + 64).array(2).uint(1);
        return w.list(batch, CborWriter::bytes).toBytes();
    }

    private static byte[] proven(byte[] last, BlockStorage storage, AncestorPaths paths, Parameters parameters) {
        FinalizedBlock stored = FinalizedBlock.decode(last, parameters.maxTransactionBytes());
        FinalizedBlock proven = ProvenAnswer.prove(stored, new StoredChain(storage, paths));
        return proven.links().equals(stored.links()) ? last : proven.encode();
    }

    static List<FinalizedBlock> decode(byte[] response, Parameters parameters) {
        CborReader r = new CborReader(response).expectArray(2).expect(1, "catch-up version");
        List<FinalizedBlock> blocks = r.list(
                MAX_BATCH_BLOCKS,
                i -> FinalizedBlock.decode(i.bytes(response.length), parameters.maxTransactionBytes()));
        r.end();
        return blocks;
    }
}
