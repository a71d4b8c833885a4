package online.hypermesh.impl.consensus.driver;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.storage.BlockStorage;

/** Blocks in memory; survives the node, not the test. */
class MemoryBlockStorage implements BlockStorage {
    private final List<FinalizedBlock> blocks = new ArrayList<>();

    @Override
    public synchronized void append(FinalizedBlock block) {
        if (block.block().header().height() != blocks.size() + 1) {
            throw new IllegalStateException("height " + block.block().header().height() + " after " + blocks.size());
        }
        blocks.add(block);
    }

    @Override
    public void sync() {}

    @Override
    public synchronized long height() {
        return blocks.size();
    }

    @Override
    public synchronized Optional<FinalizedBlock> read(long height) {
        return height < 1 || height > blocks.size() ? Optional.empty() : Optional.of(blocks.get((int) height - 1));
    }

    @Override
    public void close() {}
}
