package online.hypermesh.node.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.error.Retry;

/**
 * The file of a founding document: its canonical bytes and nothing else, because their hash is the network's id.
 *
 * @param path the file
 */
public record GenesisFile(Path path) {
    private static final int MAX_BYTES = 1024 * 1024;

    /**
     * Reads it.
     *
     * @return the founding document
     */
    public Genesis read() {
        try {
            if (Files.size(path) > MAX_BYTES) {
                throw malformed("it has " + Files.size(path) + " bytes, limit " + MAX_BYTES, null);
            }
            return Genesis.decode(Files.readAllBytes(path));
        } catch (NoSuchFileException e) {
            throw new HypermeshException(
                    Code.CONFIGURATION,
                    Retry.NEVER,
                    "genesis file " + path
                            + " does not exist. Get it from the network's operator, or make a new network with:"
                            + " hypermesh genesis create",
                    e);
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.CONFIGURATION, Retry.NEVER, "genesis file " + path + " cannot be read: " + e, e);
        } catch (CborException | IllegalArgumentException e) {
            throw malformed(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Writes it; an existing file is never overwritten.
     *
     * @param genesis the founding document
     */
    public void write(Genesis genesis) {
        try {
            Path directory = path.toAbsolutePath().getParent();
            if (directory != null) {
                Files.createDirectories(directory);
            }
            Files.write(path, genesis.encode(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (java.nio.file.FileAlreadyExistsException e) {
            throw new HypermeshException(
                    Code.CONFLICT,
                    Retry.NEVER,
                    "genesis file " + path + " exists already and is never overwritten. Name another file",
                    e);
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "genesis file " + path + " cannot be written: " + e, e);
        }
    }

    private HypermeshException malformed(String why, @org.jspecify.annotations.Nullable Throwable cause) {
        return new HypermeshException(
                Code.CONFIGURATION, Retry.NEVER, "genesis file " + path + " is not a founding document: " + why, cause);
    }
}
