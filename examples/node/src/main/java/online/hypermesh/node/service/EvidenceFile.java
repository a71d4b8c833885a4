package online.hypermesh.node.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.node.files.DurableFile;
import online.hypermesh.node.operation.Contradiction;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The contradictions this node holds proof of, one per validator, in a file that outlives restarts. What is read from it is
 * verified again. Thread-safe.
 */
final class EvidenceFile {
    private static final int MAX_FILE_BYTES = 1024 * 1024;

    private final Path file;
    private final Genesis genesis;
    private final Map<NodeId, Contradiction> held = new LinkedHashMap<>();

    private EvidenceFile(Path file, Genesis genesis) {
        this.file = file;
        this.genesis = genesis;
    }

    static EvidenceFile open(Path file, Genesis genesis) {
        EvidenceFile evidence = new EvidenceFile(file, genesis);
        if (Files.exists(file)) {
            evidence.read();
        }
        return evidence;
    }

    Path path() {
        return file;
    }

    synchronized Optional<Contradiction> of(NodeId validator) {
        return Optional.ofNullable(held.get(validator));
    }

    synchronized List<Contradiction> all() {
        return List.copyOf(held.values());
    }

    /**
     * Keeps a contradiction, durably before this returns.
     *
     * @return false when one of that validator is held already, or when it proves nothing
     * @throws HypermeshException STORAGE_FAILED; it is held all the same, until the node stops
     */
    synchronized boolean add(Contradiction contradiction) {
        if (held.containsKey(contradiction.validator()) || !contradiction.holds(genesis)) {
            return false;
        }
        held.put(contradiction.validator(), contradiction);
        byte[] content = new CborWriter(1024)
                .array(2)
                .uint(1)
                .list(new ArrayList<>(held.values()), (w, c) -> c.writeTo(w))
                .toBytes();
        try {
            DurableFile.replace(file, content);
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "evidence file " + file + " cannot be written: " + e, e);
        }
        return true;
    }

    private void read() {
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw damaged("it has " + Files.size(file) + " bytes, limit " + MAX_FILE_BYTES, null);
            }
            CborReader r =
                    new CborReader(Files.readAllBytes(file)).expectArray(2).expect(1, "evidence file version");
            for (Contradiction c : r.list(Contradiction.MAX_LISTED, Contradiction::readFrom)) {
                if (!c.holds(genesis)) {
                    throw damaged("what it says of " + c.validator() + " is not proven", null);
                }
                held.put(c.validator(), c);
            }
            r.end();
        } catch (CborException | IllegalArgumentException e) {
            throw damaged(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "evidence file " + file + " cannot be read: " + e, e);
        }
    }

    private HypermeshException damaged(String why, @org.jspecify.annotations.Nullable Throwable cause) {
        return new HypermeshException(
                Code.CORRUPTED,
                Retry.NEVER,
                "evidence file " + file + " is damaged: " + why
                        + ". Move it away and start the node again; contradictions seen from then on are kept anew",
                cause);
    }
}
