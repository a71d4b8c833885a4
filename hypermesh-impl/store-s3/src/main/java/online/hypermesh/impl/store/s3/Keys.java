package online.hypermesh.impl.store.s3;

import java.util.OptionalLong;

/** Numbers in keys: 16 hexadecimal digits, so that keys ascend as numbers do. */
final class Keys {
    private static final int DIGITS = 16;

    private Keys() {}

    static String hex(long number) {
        return String.format("%016x", number);
    }

    /** The number, 0 for what is none. */
    static long number(String digits) {
        return parse(digits).orElse(0);
    }

    private static OptionalLong parse(String digits) {
        return digits.length() == DIGITS && digits.matches("[0-7][0-9a-f]*")
                ? OptionalLong.of(Long.parseLong(digits, DIGITS))
                : OptionalLong.empty();
    }

    /** The numbers of a name made of so many of them with hyphens between; empty for another name. */
    static long[] numbers(String name, int count) {
        String[] parts = name.split("-", -1);
        long[] numbers = new long[count];
        if (parts.length != count) {
            return new long[0];
        }
        for (int i = 0; i < count; i++) {
            OptionalLong number = parse(parts[i]);
            if (number.isEmpty()) {
                return new long[0];
            }
            numbers[i] = number.getAsLong();
        }
        return numbers;
    }
}
