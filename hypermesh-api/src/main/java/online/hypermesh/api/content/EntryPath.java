package online.hypermesh.api.content;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where an entry lies in a snapshot: names from the root down, each a sequence of bytes as the file system had it. As text,
 * names are separated by {@code /}; a backslash is written {@code \\} and bytes that are not UTF-8, or are control
 * characters, {@code \xHH}. Immutable.
 */
public final class EntryPath {
    /** Longest name in bytes. */
    public static final int MAX_NAME_BYTES = 1024;

    /** Most names. */
    public static final int MAX_DEPTH = 1024;

    /** The root of a snapshot. */
    public static final EntryPath ROOT = new EntryPath(new byte[0][]);

    private final byte[][] names;

    private EntryPath(byte[][] names) {
        this.names = names;
    }

    /**
     * The path of an entry in this directory.
     *
     * @param name 1..{@link #MAX_NAME_BYTES} bytes, no slash, no zero byte, neither {@code .} nor {@code ..}
     * @return a path with one more name
     */
    public EntryPath child(byte[] name) {
        requireName(name);
        if (names.length == MAX_DEPTH) {
            throw new IllegalArgumentException("a path has at most " + MAX_DEPTH + " names");
        }
        byte[][] longer = Arrays.copyOf(names, names.length + 1);
        longer[names.length] = name.clone();
        return new EntryPath(longer);
    }

    /**
     * Whether bytes may name an entry; what may not could leave the directory it is restored to.
     *
     * @param name the bytes
     * @return true for 1..{@link #MAX_NAME_BYTES} bytes without slash and zero byte that are neither {@code .} nor {@code ..}
     */
    public static boolean isName(byte[] name) {
        if (name.length == 0 || name.length > MAX_NAME_BYTES) {
            return false;
        }
        for (byte b : name) {
            if (b == 0 || b == '/') {
                return false;
            }
        }
        return !(name[0] == '.' && (name.length == 1 || name.length == 2 && name[1] == '.'));
    }

    private static void requireName(byte[] name) {
        if (!isName(name)) {
            throw new IllegalArgumentException("not a name of an entry: \"" + text(name) + "\"");
        }
    }

    /**
     * Reads a path from text; leading and trailing slashes are ignored, the empty text is the root.
     *
     * @param text as {@link #toString()} writes it
     * @return the path
     * @throws IllegalArgumentException when a name is not allowed or an escape is incomplete
     */
    public static EntryPath parse(String text) {
        EntryPath path = ROOT;
        for (String name : text.split("/", -1)) {
            if (!name.isEmpty()) {
                path = path.child(bytes(name));
            }
        }
        return path;
    }

    private static byte[] bytes(String name) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < name.length(); ) {
            int c = name.codePointAt(i);
            i += Character.charCount(c);
            if (c != '\\') {
                out.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
            } else if (name.startsWith("\\", i)) {
                out.write('\\');
                i++;
            } else if (name.length() >= i + 3
                    && name.charAt(i) == 'x'
                    && Character.digit(name.charAt(i + 1), 16) >= 0
                    && Character.digit(name.charAt(i + 2), 16) >= 0) {
                out.write(Integer.parseInt(name, i + 1, i + 3, 16));
                i += 3;
            } else {
                throw new IllegalArgumentException("a backslash in a path is written \\\\, a byte \\xHH; got " + name);
            }
        }
        return out.toByteArray();
    }

    /**
     * The names from the root down.
     *
     * @return copies
     */
    public List<byte[]> names() {
        List<byte[]> copies = new ArrayList<>(names.length);
        for (byte[] name : names) {
            copies.add(name.clone());
        }
        return copies;
    }

    /**
     * Whether this is the root.
     *
     * @return true without names
     */
    public boolean isRoot() {
        return names.length == 0;
    }

    private static String text(byte[] name) {
        StringBuilder text = new StringBuilder(name.length);
        CharsetDecoder utf8 = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        for (int i = 0; i < name.length; ) {
            int length = utf8Length(name[i]);
            String piece = i + length <= name.length ? decoded(utf8, name, i, length) : "";
            if (piece.isEmpty() || Character.isISOControl(piece.codePointAt(0))) {
                text.append(String.format("\\x%02x", name[i] & 0xff));
                i++;
            } else {
                text.append(piece.equals("\\") ? "\\\\" : piece);
                i += length;
            }
        }
        return text.toString();
    }

    private static int utf8Length(byte first) {
        int b = first & 0xff;
        return b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
    }

    private static String decoded(CharsetDecoder utf8, byte[] name, int offset, int length) {
        try {
            return utf8.decode(ByteBuffer.wrap(name, offset, length)).toString();
        } catch (CharacterCodingException e) {
            return "";
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EntryPath p && Arrays.deepEquals(names, p.names);
    }

    @Override
    public int hashCode() {
        return Arrays.deepHashCode(names);
    }

    @Override
    public String toString() {
        StringBuilder all = new StringBuilder();
        for (byte[] name : names) {
            all.append(all.length() == 0 ? "" : "/").append(text(name));
        }
        return all.toString();
    }
}
