package online.hypermesh.impl.content.repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;

/**
 * What the file system says about a file, not following links. Immutable.
 *
 * @param attributes what every file system knows
 * @param mode permission bits; where there are none, 0644 or 0755
 * @param stamp what changes when the file does
 */
record FileStat(BasicFileAttributes attributes, int mode, Node.Stamp stamp) {
    private static final int PLAIN_FILE = 0644;
    private static final int PLAIN_DIRECTORY = 0755;

    static FileStat of(Path file) throws IOException {
        BasicFileAttributes basic = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            return new FileStat(basic, basic.isDirectory() ? PLAIN_DIRECTORY : PLAIN_FILE, Node.Stamp.NONE);
        }
        Map<String, Object> unix = Files.readAttributes(file, "unix:mode,ctime,ino", LinkOption.NOFOLLOW_LINKS);
        Instant changed = unix.get("ctime") instanceof FileTime t ? t.toInstant() : Instant.EPOCH;
        long inode = unix.get("ino") instanceof Long n ? n & Long.MAX_VALUE : 0;
        int mode = unix.get("mode") instanceof Integer m ? m & Node.MODE_MASK : PLAIN_FILE;
        return new FileStat(basic, mode, new Node.Stamp(changed, inode));
    }

    Instant modified() {
        return attributes.lastModifiedTime().toInstant();
    }
}
