package online.hypermesh.impl.content.repository;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.api.content.EntryPath;
import online.hypermesh.api.content.Progress;
import online.hypermesh.api.content.TreeEntry;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.chunk.Chunker;
import online.hypermesh.impl.chunk.Chunking;
import org.jspecify.annotations.Nullable;

/**
 * Stores file trees: directories depth first, their entries in the order of their names' bytes. A file that looks as it did
 * in the previous snapshot is referred to instead of read. Confined to one thread.
 */
final class TreeWriter {
    private static final int MAX_NAMED = 1000;

    private final ChunkSink sink;
    private final Chunking chunking;
    private final @Nullable ChunkReader previousChunks;
    private final Progress progress;
    private final byte[] small;
    private final StreamWriter stream;
    private final List<String> unreadable = new ArrayList<>();
    private @Nullable Chunker cutting;
    private long unreadableCount;
    private long files;
    private long directories;
    private long bytes;
    private long unchanged;

    TreeWriter(ChunkSink sink, Chunking chunking, @Nullable ChunkReader previousChunks, Progress progress) {
        this.sink = sink;
        this.chunking = chunking;
        this.previousChunks = previousChunks;
        this.progress = progress;
        this.small = new byte[chunking.parameters().minBytes()];
        this.stream = new StreamWriter(sink);
    }

    /** An entry to store: its name's bytes and where it is. */
    private record Entry(byte[] name, Path path) implements Comparable<Entry> {
        @Override
        public int compareTo(Entry other) {
            return Arrays.compareUnsigned(name, other.name);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Entry e && Arrays.equals(name, e.name);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(name);
        }
    }

    /** Stores roots; returns the entries of the snapshot's root. */
    StreamRef roots(List<Path> roots, StreamRef previous) {
        List<Entry> entries = new ArrayList<>();
        for (Path root : roots) {
            Path whole = root.toAbsolutePath().normalize();
            if (!Files.exists(whole, LinkOption.NOFOLLOW_LINKS)) {
                throw Failures.missing(root + " does not exist. Name files and directories that do");
            }
            entries.add(new Entry(FileNames.nameOf(whole), whole));
        }
        return entries(entries, previous, 0);
    }

    /** Stores one stream as the only file; returns the entries of the snapshot's root. */
    StreamRef single(byte[] name, InputStream content, Instant time) throws IOException {
        DirectoryWriter directory = new DirectoryWriter(sink);
        StreamRef ref = chunks(content);
        files++;
        directory.add(Node.file(name, 0600, time, Node.Stamp.NONE, ref));
        return directory.finish();
    }

    private StreamRef entries(List<Entry> entries, StreamRef previous, int depth) {
        if (depth > EntryPath.MAX_DEPTH - 1) {
            throw Failures.limit("directories lie more than " + EntryPath.MAX_DEPTH + " deep at "
                    + entries.get(0).path());
        }
        entries.sort(null);
        Previous before = new Previous(previous);
        DirectoryWriter writer = new DirectoryWriter(sink);
        for (Entry entry : entries) {
            Node node = node(entry, before.find(entry.name()), depth);
            if (node != null) {
                writer.add(node);
            }
        }
        return writer.finish();
    }

    private @Nullable Node node(Entry entry, @Nullable Node before, int depth) {
        try {
            if (!EntryPath.isName(entry.name())) {
                leaveOut(entry.path(), "its name is longer than " + EntryPath.MAX_NAME_BYTES + " bytes");
                return null;
            }
            FileStat stat = FileStat.of(entry.path());
            if (stat.attributes().isRegularFile()) {
                return file(entry, stat, before);
            }
            if (stat.attributes().isSymbolicLink()) {
                byte[] target = FileNames.bytes(Files.readSymbolicLink(entry.path()));
                if (!Node.isTarget(target)) {
                    leaveOut(entry.path(), "it points to " + target.length + " bytes that are no path");
                    return null;
                }
                return Node.symlink(entry.name(), stat.modified(), target);
            }
            if (stat.attributes().isDirectory()) {
                List<Entry> children = list(entry.path());
                StreamRef old = before != null && before.kind() == TreeEntry.Kind.DIRECTORY
                        ? before.content()
                        : StreamRef.EMPTY;
                directories++;
                return Node.directory(entry.name(), stat.mode(), stat.modified(), entries(children, old, depth + 1));
            }
            leaveOut(entry.path(), "it is a socket, pipe or device");
        } catch (IOException e) {
            leaveOut(entry.path(), e.toString());
        }
        return null;
    }

    private static List<Entry> list(Path directory) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
            for (Path child : children) {
                entries.add(new Entry(FileNames.nameOf(child), child));
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return entries;
    }

    private void leaveOut(Path path, String why) {
        unreadableCount++;
        if (unreadable.size() < MAX_NAMED) {
            unreadable.add(path + ": " + why);
        }
    }

    private Node file(Entry entry, FileStat stat, @Nullable Node before) throws IOException {
        StreamRef content;
        if (before != null && isUnchanged(stat, before)) {
            content = before.content();
            bytes += content.length();
            unchanged++;
        } else {
            try (InputStream in = Files.newInputStream(entry.path(), LinkOption.NOFOLLOW_LINKS)) {
                content = stat.attributes().size() < small.length ? little(in) : chunks(in);
            }
        }
        files++;
        progress.advanced(files, bytes);
        return Node.file(entry.name(), stat.mode(), stat.modified(), stat.stamp(), content);
    }

    /** By length, times and inode; and everything it refers to is there. */
    private boolean isUnchanged(FileStat stat, Node before) {
        if (previousChunks == null
                || before.kind() != TreeEntry.Kind.FILE
                || stat.stamp().inode() == 0
                || !before.stamp().equals(stat.stamp())
                || !before.modified().equals(stat.modified())
                || before.content().length() != stat.attributes().size()) {
            return false;
        }
        return isComplete(previousChunks, before.content());
    }

    private boolean isComplete(ChunkReader chunks, StreamRef content) {
        boolean[] complete = {true};
        try {
            new StreamReader(chunks, (hi, lo, length) -> {
                        complete[0] &= sink.knows(hi, lo);
                        return complete[0];
                    })
                    .forEach(content, (hi, lo, length) -> {
                        complete[0] &= sink.knows(hi, lo);
                        return complete[0];
                    });
        } catch (HypermeshException e) {
            return damagedBefore(e);
        }
        return complete[0];
    }

    /** What is damaged in the previous snapshot is stored again; other failures are failures. */
    private static boolean damagedBefore(HypermeshException e) {
        if (e.code() != Code.CORRUPTED) {
            throw e;
        }
        return false;
    }

    /** A file that is shorter than any chunk, unless it has grown since. */
    private StreamRef little(InputStream in) throws IOException {
        int got = in.readNBytes(small, 0, small.length);
        if (got == small.length) {
            return chunks(new SequenceInputStream(new ByteArrayInputStream(small.clone()), in));
        }
        if (got > 0) {
            add(small, 0, got);
        }
        return stream.finish();
    }

    private StreamRef chunks(InputStream in) throws IOException {
        Chunker chunker = cutting;
        if (chunker == null) {
            chunker = chunking.start(in);
            cutting = chunker;
        } else {
            chunker.restart(in);
        }
        while (chunker.next()) {
            add(chunker.buffer(), chunker.offset(), chunker.length());
            progress.advanced(files, bytes);
        }
        return stream.finish();
    }

    private void add(byte[] source, int offset, int length) {
        sink.data(source, offset, length);
        stream.add(sink.hi(), sink.lo(), length);
        bytes += length;
    }

    List<String> unreadable() {
        return unreadable;
    }

    long unreadableCount() {
        return unreadableCount;
    }

    long files() {
        return files;
    }

    long directories() {
        return directories;
    }

    long bytes() {
        return bytes;
    }

    long unchanged() {
        return unchanged;
    }

    /** The directory as it was before, walked alongside. */
    private final class Previous {
        private final @Nullable DirectoryReader reader;
        private @Nullable Node next;

        Previous(StreamRef content) {
            if (previousChunks == null || content.length() == 0) {
                reader = null;
            } else {
                reader = new DirectoryReader(previousChunks, content);
                next = following(reader);
            }
        }

        private static @Nullable Node following(DirectoryReader reader) {
            try {
                return reader.next();
            } catch (HypermeshException e) {
                damagedBefore(e);
                return null;
            }
        }

        @Nullable
        Node find(byte[] name) {
            while (reader != null && next != null) {
                int order = Arrays.compareUnsigned(next.name(), name);
                if (order >= 0) {
                    return order == 0 ? next : null;
                }
                next = following(reader);
            }
            return null;
        }
    }
}
