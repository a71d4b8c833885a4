package online.hypermesh.impl.content.repository;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.impl.storage.DataDirectory;
import online.hypermesh.stoq.base.crypto.Digest;

/** The directory of a repository: which files there are, and how they become durable. Thread-safe. */
final class RepositoryFiles {
    static final String FRESH = ".new";

    private static final String CONFIG = "config";
    private static final String CONFIG_COPY = "config-copy";
    private static final String RUN_SUFFIX = ".run";
    private static final int MAX_CONFIG_BYTES = 65_536;
    private static final int MAX_RECORD_BYTES = 64 << 20;

    private final Path root;
    private final Set<Path> unsynced = ConcurrentHashMap.newKeySet();

    RepositoryFiles(Path root) {
        this.root = root;
    }

    Path root() {
        return root;
    }

    boolean exists() {
        return Files.exists(root.resolve(CONFIG)) || Files.exists(root.resolve(CONFIG_COPY));
    }

    void create() throws IOException {
        for (Path directory : List.of(root, packs(), index(), snapshots(), condemned(), locks())) {
            DataDirectory.createPrivate(directory);
        }
    }

    Path packs() {
        return root.resolve("packs");
    }

    Path index() {
        return root.resolve("index");
    }

    Path snapshots() {
        return root.resolve("snapshots");
    }

    Path condemned() {
        return root.resolve("condemned");
    }

    Path locks() {
        return root.resolve("locks");
    }

    Path damaged() {
        return root.resolve("damaged");
    }

    /** Both copies of the configuration, as far as they can be read. */
    List<byte[]> configs() throws IOException {
        List<byte[]> found = new ArrayList<>();
        for (String name : List.of(CONFIG, CONFIG_COPY)) {
            Path file = root.resolve(name);
            if (Files.exists(file) && Files.size(file) <= MAX_CONFIG_BYTES) {
                found.add(Files.readAllBytes(file));
            }
        }
        return found;
    }

    void writeConfig(byte[] config) throws IOException {
        DataDirectory.writeDurably(root.resolve(CONFIG_COPY), config);
        DataDirectory.writeDurably(root.resolve(CONFIG), config);
    }

    /** Makes both copies of the configuration those of the first that is sound. */
    void restoreConfig(Consumer<byte[]> check) throws IOException {
        for (byte[] config : configs()) {
            try {
                check.accept(config);
            } catch (HypermeshException e) {
                continue; // the other copy may be sound
            }
            writeConfig(config);
            return;
        }
    }

    /** Writes a small record under a name of its own; durable when this returns. */
    void writeRecord(Path directory, String name, byte[] record) {
        Path file = directory.resolve(name);
        try {
            DataDirectory.writeDurably(file, record);
        } catch (IOException e) {
            throw Failures.disk("write", file, e);
        }
    }

    Optional<byte[]> readRecord(Path directory, String name) {
        Path file = directory.resolve(name);
        try {
            if (Files.size(file) > MAX_RECORD_BYTES) {
                throw Failures.corrupted(file + " has " + Files.size(file) + " bytes, limit " + MAX_RECORD_BYTES);
            }
            return Optional.of(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw Failures.disk("read", file, e);
        }
    }

    /** Names in a directory that are made of 32 hexadecimal digits and the suffix, without it; sorted. */
    List<String> names(Path directory, String suffix) {
        Set<String> names = new TreeSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (name.endsWith(suffix)) {
                    String stem = name.substring(0, name.length() - suffix.length());
                    if (stem.matches("[0-9a-f]{32}")) {
                        names.add(stem);
                    }
                }
            }
        } catch (IOException e) {
            throw Failures.disk("list", directory, e);
        }
        return List.copyOf(names);
    }

    List<String> runs() {
        return names(index(), RUN_SUFFIX);
    }

    Path run(String name) {
        return index().resolve(name + RUN_SUFFIX);
    }

    /** Deletes a file durably; no matter if it is gone already. */
    void delete(Path file) {
        try {
            if (Files.deleteIfExists(file)) {
                unsynced.add(file.toAbsolutePath().getParent());
            }
        } catch (IOException e) {
            throw Failures.disk("delete", file, e);
        }
    }

    Path pack(Digest id) {
        String hex = id.toHex();
        return packs().resolve(hex.substring(0, 2)).resolve(hex);
    }

    /** Stores a pack; its bytes are durable when this returns, its name after {@link #sync()}. */
    void writePack(Digest id, byte[] sealed) {
        Path file = pack(id);
        Path directory = file.resolveSibling("");
        Path fresh = file.resolveSibling(id.toHex() + FRESH);
        try {
            if (!Files.isDirectory(directory)) {
                DataDirectory.createPrivate(directory);
            }
            writeSynced(fresh, sealed);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            unsynced.add(directory);
        } catch (IOException e) {
            throw Failures.disk("write pack", file, e);
        }
    }

    private static void writeSynced(Path file, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(false);
        }
    }

    /** Makes names created, moved and deleted durable. */
    void sync() {
        for (Path directory : List.copyOf(unsynced)) {
            unsynced.remove(directory);
            try {
                DataDirectory.syncDirectory(directory);
            } catch (IOException e) {
                throw Failures.disk("sync", directory, e);
            }
        }
    }

    void touched(Path directory) {
        unsynced.add(directory);
    }

    /** The bytes of a pack; empty when it is not there. */
    Optional<byte[]> readPack(Digest id) {
        Path file = pack(id);
        try {
            long size = Files.size(file);
            if (size > PackStorage.MAX_PACK_BYTES) {
                throw Failures.corrupted("pack " + id + " has " + size + " bytes, limit " + PackStorage.MAX_PACK_BYTES);
            }
            return Optional.of(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw Failures.disk("read pack", file, e);
        }
    }

    /** Hears of a file among the packs. */
    @FunctionalInterface
    interface PackVisitor {
        void pack(Digest id, long bytes, long modifiedMillis);
    }

    /** All packs; files that are none, such as what a killed writer began, go to {@code strays}. */
    void forEachPack(PackVisitor visitor, Consumer<Path> strays) {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(packs())) {
            for (Path folder : folders) {
                try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
                    for (Path entry : entries) {
                        visit(entry, visitor, strays);
                    }
                }
            }
        } catch (IOException e) {
            throw Failures.disk("list", packs(), e);
        }
    }

    private static void visit(Path entry, PackVisitor visitor, Consumer<Path> strays) throws IOException {
        String name = entry.getFileName().toString();
        if (!name.matches("[0-9a-f]{64}") || !name.equals(name.toLowerCase(Locale.ROOT))) {
            strays.accept(entry);
            return;
        }
        try {
            visitor.pack(
                    Digest.fromHex(name),
                    Files.size(entry),
                    Files.getLastModifiedTime(entry).toMillis());
        } catch (NoSuchFileException e) {
            return; // deleted meanwhile
        }
    }

    @Override
    public String toString() {
        return root.toString();
    }
}
