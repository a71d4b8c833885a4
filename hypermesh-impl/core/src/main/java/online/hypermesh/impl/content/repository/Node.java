package online.hypermesh.impl.content.repository;

import java.time.Instant;
import online.hypermesh.api.content.EntryPath;
import online.hypermesh.api.content.TreeEntry;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * An entry of a directory as it is stored. Immutable.
 *
 * @param kind what it is
 * @param name its name's bytes
 * @param mode permission bits
 * @param modified when its content was changed
 * @param stamp for files, what changes when the file does
 * @param content of files their bytes, of directories their entries
 * @param target of symbolic links where they point
 */
record Node(
        TreeEntry.Kind kind, byte[] name, int mode, Instant modified, Stamp stamp, StreamRef content, byte[] target) {
    static final int MAX_BYTES = 8192;
    static final int MAX_TARGET_BYTES = 4096;
    static final int MODE_MASK = 07777;

    private static final byte[] NO_TARGET = {};
    private static final long SECONDS_LIMIT = 1L << 40;

    /**
     * What tells whether a file was changed, besides its length and its time of modification.
     *
     * @param changed time of the last change of the inode
     * @param inode its number, 0 where there is none
     */
    record Stamp(Instant changed, long inode) {
        static final Stamp NONE = new Stamp(Instant.EPOCH, 0);
    }

    Node {
        if (!EntryPath.isName(name)) {
            throw new IllegalArgumentException("a directory has an entry whose name is not allowed");
        }
        if (kind == TreeEntry.Kind.SYMLINK && !isTarget(target)) {
            throw new IllegalArgumentException(
                    "a symbolic link points to " + target.length + " bytes that are no path");
        }
    }

    /** Whether bytes may be where a symbolic link points. */
    static boolean isTarget(byte[] target) {
        for (byte b : target) {
            if (b == 0) {
                return false;
            }
        }
        return target.length > 0 && target.length <= MAX_TARGET_BYTES;
    }

    static Node file(byte[] name, int mode, Instant modified, Stamp stamp, StreamRef content) {
        return new Node(TreeEntry.Kind.FILE, name, mode, modified, stamp, content, NO_TARGET);
    }

    static Node directory(byte[] name, int mode, Instant modified, StreamRef content) {
        return new Node(TreeEntry.Kind.DIRECTORY, name, mode, modified, Stamp.NONE, content, NO_TARGET);
    }

    static Node symlink(byte[] name, Instant modified, byte[] target) {
        return new Node(TreeEntry.Kind.SYMLINK, name, 0777, modified, Stamp.NONE, StreamRef.EMPTY, target);
    }

    byte[] encode() {
        CborWriter w = new CborWriter(128);
        switch (kind) {
            case FILE -> {
                w.array(7).uint(0).bytes(name).uint(mode);
                time(w, modified);
                time(w, stamp.changed());
                w.uint(stamp.inode());
                content.writeTo(w);
            }
            case DIRECTORY -> {
                w.array(5).uint(1).bytes(name).uint(mode);
                time(w, modified);
                content.writeTo(w);
            }
            case SYMLINK -> {
                w.array(4).uint(2).bytes(name);
                time(w, modified);
                w.bytes(target);
            }
        }
        return w.toBytes();
    }

    /**
     * Reads the canonical form.
     *
     * @throws online.hypermesh.api.error.HypermeshException CORRUPTED when the bytes are none, or the name is not allowed
     */
    static Node decode(byte[] bytes) {
        try {
            CborReader r = new CborReader(bytes);
            int fields = r.array(7);
            int kind = r.uint(2);
            byte[] name = r.bytes(EntryPath.MAX_NAME_BYTES);
            Node node;
            if (kind == 0 && fields == 7) {
                int mode = r.uint(MODE_MASK);
                node = file(name, mode, time(r), new Stamp(time(r), r.uint()), StreamRef.readFrom(r));
            } else if (kind == 1 && fields == 5) {
                int mode = r.uint(MODE_MASK);
                node = directory(name, mode, time(r), StreamRef.readFrom(r));
            } else if (kind == 2 && fields == 4) {
                node = symlink(name, time(r), r.bytes(MAX_TARGET_BYTES));
            } else {
                throw Failures.corrupted("an entry of kind " + kind + " has " + fields + " fields");
            }
            r.end();
            return node;
        } catch (CborException | IllegalArgumentException e) {
            throw Failures.corrupted("an entry of a directory is damaged", e);
        }
    }

    static void time(CborWriter w, Instant time) {
        long seconds = Math.max(-SECONDS_LIMIT, Math.min(SECONDS_LIMIT, time.getEpochSecond()));
        w.array(2).uint(seconds << 1 ^ seconds >> 63).uint(time.getNano());
    }

    static Instant time(CborReader r) {
        r.expectArray(2);
        long coded = r.uint();
        long seconds = coded >>> 1 ^ -(coded & 1);
        if (Math.abs(seconds) > SECONDS_LIMIT) {
            throw new IllegalArgumentException("a time lies " + seconds + " seconds from 1970");
        }
        return Instant.ofEpochSecond(seconds, r.uint(999_999_999));
    }

    TreeEntry entry(EntryPath path) {
        return new TreeEntry(
                path,
                kind,
                mode,
                modified,
                kind == TreeEntry.Kind.FILE ? content.length() : 0,
                kind == TreeEntry.Kind.SYMLINK ? FileNames.text(target) : "");
    }
}
