package online.hypermesh.impl.content.repository;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import online.hypermesh.api.content.EntryPath;
import online.hypermesh.api.content.Progress;
import online.hypermesh.api.content.RestoreReport;
import online.hypermesh.api.error.HypermeshException;

/**
 * Restores a part of a snapshot below a directory. Directories that it enters are real ones: a symbolic link in the way is
 * refused, whether it was there or came from the snapshot. What fails is named, the rest goes on. Confined to one thread.
 */
final class Restorer {
    private static final int MAX_NAMED = 1000;
    private static final int MAX_DIRECTORIES = 4096;

    private final ChunkReader chunks;
    private final RestoreBatch batch;
    private final boolean overwrite;
    private final Progress progress;
    private final SecureRandom random = new SecureRandom();
    private final List<Left> left = new ArrayList<>();
    private final List<String> failed = new ArrayList<>();
    private final AtomicLong failedCount = new AtomicLong();
    private final AtomicLong files = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private long directories;
    private long symlinks;

    /** A directory whose entries are all there or on their way. */
    private record Left(Path path, Node node) {}

    Restorer(
            RepositoryFiles repository,
            RepositoryKeys keys,
            RepositoryIndex index,
            ChunkReader chunks,
            ExecutorService workers,
            boolean overwrite,
            Progress progress) {
        this.chunks = chunks;
        this.overwrite = overwrite;
        this.progress = progress;
        this.batch = new RestoreBatch(repository, keys, index, workers, this::finish);
    }

    RestoreReport run(TreeReader.Found found, EntryPath part, Path target) {
        try {
            Files.createDirectories(target);
        } catch (IOException e) {
            throw Failures.disk("create", target, e);
        }
        if (found.node().isPresent()) {
            restore(found.node().get(), target, part);
        } else {
            entries(found.entries(), target, part);
        }
        settle();
        return new RestoreReport(files.get(), directories, symlinks, bytes.get(), failed, failedCount.get());
    }

    /** Writes what is pending, then gives the directories that were left their times. */
    private void settle() {
        batch.run();
        for (Left directory : left) {
            try {
                RestoredFile.attributes(
                        directory.path(),
                        directory.node().mode(),
                        directory.node().modified());
            } catch (IOException e) {
                fail(directory.path(), e.toString());
            }
        }
        left.clear();
    }

    private void entries(StreamRef directory, Path at, EntryPath path) {
        try {
            DirectoryReader reader = new DirectoryReader(chunks, directory);
            for (Node node = reader.next(); node != null; node = reader.next()) {
                restore(node, at, path.child(node.name()));
            }
        } catch (HypermeshException e) {
            fail(at, "its entries cannot be read: " + e.getMessage());
        }
    }

    private void restore(Node node, Path parent, EntryPath path) {
        Path target = FileNames.child(parent, node.name());
        try {
            switch (node.kind()) {
                case FILE -> file(node, parent, target);
                case DIRECTORY -> directory(node, target, path);
                case SYMLINK -> symlink(node, target);
            }
        } catch (IOException e) {
            fail(target, e.toString());
        }
    }

    private void directory(Node node, Path target, EntryPath path) throws IOException {
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(target);
        } else if (!Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(target.toString(), null, "is in the way of a directory");
        }
        directories++;
        entries(node.content(), target, path);
        left.add(new Left(target, node));
        if (left.size() >= MAX_DIRECTORIES) {
            settle();
        }
    }

    private void symlink(Node node, Path target) throws IOException {
        if (overwrite && Files.isSymbolicLink(target)) {
            Files.delete(target);
        }
        Files.createSymbolicLink(target, FileNames.path(target, node.target()));
        symlinks++;
    }

    private void file(Node node, Path parent, Path target) throws IOException {
        if (!overwrite && Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(target.toString(), null, "exists already");
        }
        Path fresh = parent.resolve(".hypermesh-" + Bytes.randomName(random) + ".part");
        RestoredFile file = new RestoredFile(target, fresh, node, overwrite);
        batch.begin(file);
        long[] position = {0};
        try {
            new StreamReader(chunks).forEach(node.content(), (hi, lo, length) -> {
                batch.add(position[0], chunks.locate(hi, lo, length));
                position[0] += length;
                return true;
            });
            if (position[0] != file.length()) {
                file.fail("its chunks have " + position[0] + " bytes, the file had " + file.length());
            }
        } catch (HypermeshException e) {
            file.fail(String.valueOf(e.getMessage()));
        }
        if (file.arrived()) {
            finish(file);
        }
    }

    private void finish(RestoredFile file) {
        try {
            file.finish();
            String failure = file.failure();
            if (failure != null) {
                fail(file.target(), failure);
                return;
            }
            long count = files.incrementAndGet();
            long sum = bytes.addAndGet(file.length());
            synchronized (progress) {
                progress.advanced(count, sum);
            }
        } catch (IOException e) {
            fail(file.target(), e.toString());
        }
    }

    private void fail(Path path, String why) {
        failedCount.incrementAndGet();
        synchronized (failed) {
            if (failed.size() < MAX_NAMED) {
                failed.add(path + ": " + why);
            }
        }
    }
}
