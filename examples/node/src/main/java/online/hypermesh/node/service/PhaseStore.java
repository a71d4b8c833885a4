package online.hypermesh.node.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.bootstrap.PhaseRecord;
import online.hypermesh.node.files.DurableFile;
import online.hypermesh.node.operation.PhaseStep;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.error.Retry;

/**
 * The phase a node reached and how it came there, in one small file that is replaced atomically and synced. Thread-safe.
 */
final class PhaseStore {
    private static final int MAX_FILE_BYTES = 256 * 1024;

    private final Path file;
    private final List<PhaseStep> steps = new ArrayList<>();
    private Optional<PhaseRecord> record = Optional.empty();

    private PhaseStore(Path file) {
        this.file = file;
    }

    static PhaseStore open(Path file) {
        PhaseStore store = new PhaseStore(file);
        if (Files.exists(file)) {
            store.read();
        }
        return store;
    }

    synchronized Optional<PhaseRecord> record() {
        return record;
    }

    synchronized List<PhaseStep> steps() {
        return List.copyOf(steps);
    }

    synchronized void save(PhaseRecord next) {
        record = Optional.of(next);
        write();
    }

    synchronized void add(PhaseStep step) {
        if (steps.size() == PhaseStep.MAX_STEPS) {
            steps.remove(0);
        }
        steps.add(step);
        write();
    }

    private void read() {
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new CborException("it has " + Files.size(file) + " bytes, limit " + MAX_FILE_BYTES);
            }
            CborReader r =
                    new CborReader(Files.readAllBytes(file)).expectArray(3).expect(1, "phase file version");
            record = r.nil() ? Optional.empty() : Optional.of(PhaseRecord.decode(r.bytes(PhaseRecord.MAX_BYTES)));
            steps.addAll(r.list(PhaseStep.MAX_STEPS, PhaseStep::readFrom));
            r.end();
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(
                    Code.CORRUPTED,
                    Retry.NEVER,
                    "phase file " + file + " is damaged: " + e.getMessage()
                            + ". Stop the node and delete the file; the node then takes the phase from its ledger or its peers",
                    e);
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "phase file " + file + " cannot be read: " + e, e);
        }
    }

    private void write() {
        CborWriter w = new CborWriter(1024).array(3).uint(1);
        record.map(PhaseRecord::encode).ifPresentOrElse(w::bytes, w::nil);
        byte[] content = w.list(steps, (o, s) -> s.writeTo(o)).toBytes();
        try {
            DurableFile.replace(file, content);
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "phase file " + file + " cannot be written: " + e, e);
        }
    }
}
