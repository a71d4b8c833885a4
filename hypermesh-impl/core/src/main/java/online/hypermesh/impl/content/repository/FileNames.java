package online.hypermesh.impl.content.repository;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import online.hypermesh.api.content.EntryPath;

/**
 * File names as the bytes the file system has. Java's paths keep these bytes, but show them only in URIs; text made of a path
 * loses what is not valid in the platform's encoding.
 */
final class FileNames {
    private FileNames() {}

    /** The bytes of a path's last name. */
    static byte[] nameOf(Path path) {
        Path name = path.getFileName();
        if (name == null) {
            throw new IllegalArgumentException(path + " has no name of its own. Name a file or directory in it");
        }
        return bytes(name);
    }

    /** The bytes of a relative path or a link's target. */
    static byte[] bytes(Path relative) {
        String text = relative.toString();
        if (isAscii(text)) {
            return text.getBytes(StandardCharsets.US_ASCII);
        }
        Path directory = relative.getFileSystem().getPath("/");
        if (relative.isAbsolute()) {
            return unescaped(relative.toUri().getRawPath());
        }
        byte[] whole = unescaped(directory.resolve(relative).toUri().getRawPath());
        byte[] name = new byte[whole.length - 1];
        System.arraycopy(whole, 1, name, 0, name.length);
        return name;
    }

    /** The entry of a directory that has a name. */
    static Path child(Path directory, byte[] name) {
        if (isAscii(name)) {
            return directory.resolve(new String(name, StandardCharsets.US_ASCII));
        }
        return directory.resolve(path(directory, name));
    }

    /** A path made of bytes. */
    static Path path(Path like, byte[] bytes) {
        if (isAscii(bytes)) {
            return like.getFileSystem().getPath(new String(bytes, StandardCharsets.US_ASCII));
        }
        boolean absolute = bytes[0] == '/';
        StringBuilder uri = new StringBuilder("file://").append(absolute ? "" : "/");
        for (byte b : bytes) {
            int c = b & 0xff;
            if (c == '/' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
                uri.append((char) c);
            } else {
                uri.append(String.format("%%%02X", c));
            }
        }
        Path whole = Path.of(URI.create(uri.toString()));
        return absolute ? whole : whole.subpath(0, whole.getNameCount());
    }

    /** Bytes as text for people, escaped as paths are. */
    static String text(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        int from = 0;
        for (int i = 0; i <= bytes.length; i++) {
            if (i == bytes.length || bytes[i] == '/') {
                byte[] part = Arrays.copyOfRange(bytes, from, i);
                text.append(EntryPath.isName(part) ? EntryPath.ROOT.child(part).toString() : plain(part));
                text.append(i < bytes.length ? "/" : "");
                from = i + 1;
            }
        }
        return text.toString();
    }

    private static String plain(byte[] dots) {
        return new String(dots, StandardCharsets.US_ASCII);
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAscii(byte[] text) {
        for (byte b : text) {
            if (b < 0) {
                return false;
            }
        }
        return true;
    }

    private static byte[] unescaped(String raw) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%') {
                out.write(Integer.parseInt(raw, i + 1, i + 3, 16));
                i += 2;
            } else {
                out.write(c);
            }
        }
        byte[] bytes = out.toByteArray();
        boolean slash = bytes.length > 1 && bytes[bytes.length - 1] == '/';
        return slash ? Arrays.copyOf(bytes, bytes.length - 1) : bytes;
    }
}
