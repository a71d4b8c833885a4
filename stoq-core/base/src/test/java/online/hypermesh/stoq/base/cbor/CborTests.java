package online.hypermesh.stoq.base.cbor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CborTests {
    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    // RFC 8949 appendix A, the items this subset has
    @ParameterizedTest
    @CsvSource({
        "0,00",
        "1,01",
        "10,0a",
        "23,17",
        "24,1818",
        "25,1819",
        "100,1864",
        "255,18ff",
        "256,190100",
        "1000,1903e8",
        "65535,19ffff",
        "65536,1a00010000",
        "1000000,1a000f4240",
        "4294967295,1affffffff",
        "4294967296,1b0000000100000000",
        "1000000000000,1b000000e8d4a51000",
        "9223372036854775807,1b7fffffffffffffff"
    })
    void integersHaveTheirShortestForm(long value, String encoded) {
        assertThat(hex(new CborWriter().uint(value).toBytes())).isEqualTo(encoded);
        CborReader in = new CborReader(hex(encoded));
        assertThat(in.uint()).isEqualTo(value);
        in.end();
    }

    @Test
    void otherItemsAreThoseOfTheStandard() {
        assertThat(hex(new CborWriter().bytes(new byte[0]).toBytes())).isEqualTo("40");
        assertThat(hex(new CborWriter().bytes(hex("01020304")).toBytes())).isEqualTo("4401020304");
        assertThat(hex(new CborWriter().text("").toBytes())).isEqualTo("60");
        assertThat(hex(new CborWriter().text("IETF").toBytes())).isEqualTo("6449455446");
        assertThat(hex(new CborWriter().text("\u00fc").toBytes())).isEqualTo("62c3bc");
        assertThat(hex(new CborWriter().text("\ud800\udd51").toBytes())).isEqualTo("64f0908591");
        assertThat(hex(new CborWriter().bool(false).bool(true).nil().toBytes())).isEqualTo("f4f5f6");
        assertThat(hex(new CborWriter()
                        .array(3)
                        .uint(1)
                        .array(2)
                        .uint(2)
                        .uint(3)
                        .array(2)
                        .uint(4)
                        .uint(5)
                        .toBytes()))
                .isEqualTo("8301820203820405");
        assertThat(hex(new CborWriter().array(25).toBytes())).isEqualTo("9819");
    }

    @Test
    void listsRoundTrip() {
        byte[] encoded =
                new CborWriter().list(List.of("a", "bc"), CborWriter::text).toBytes();
        assertThat(new CborReader(encoded).list(2, in -> in.text(10))).containsExactly("a", "bc");
        assertThatThrownBy(() -> new CborReader(encoded).list(1, in -> in.text(10)))
                .isInstanceOf(CborException.class)
                .hasMessageContaining("limit 1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1817",
                "1800",
                "190018",
                "1900ff",
                "1a0000ffff",
                "1a00000000",
                "1b00000000ffffffff",
                "1b8000000000000000",
                "1bffffffffffffffff",
                "1f",
                "1c",
                "1d",
                "1e",
                "20",
                "3863",
                "c001",
                "f97e00",
                "fa47c35000",
                "fb3ff199999999999a",
                "f7",
                "f800",
                "ff",
                "a0",
                "40",
                "60",
                "80",
                "18",
                "19ff",
                "1a000000",
                ""
            })
    void everythingButACanonicalIntegerIsRefused(String encoded) {
        assertThatThrownBy(() -> new CborReader(hex(encoded)).uint()).isInstanceOf(CborException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"5f42010243030405ff", "5801ff", "590001ff", "4201", "58", "5affffffff00", "5b7fffffffffffffff00"
            })
    void everythingButACanonicalByteStringIsRefused(String encoded) {
        assertThatThrownBy(() -> new CborReader(hex(encoded)).bytes(Integer.MAX_VALUE))
                .isInstanceOf(CborException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"61ff", "62c328", "63e28200", "64eda0bd00", "63eda080", "62c080", "7f6161ff", "780161", "6261"})
    void everythingButCanonicalTextIsRefused(String encoded) {
        assertThatThrownBy(() -> new CborReader(hex(encoded)).text(1000)).isInstanceOf(CborException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"9f01ff", "98180000", "9801ff", "8301", "9affffffff", "9b7fffffffffffffff", "a10102"})
    void everythingButACanonicalArrayIsRefused(String encoded) {
        assertThatThrownBy(() -> new CborReader(hex(encoded)).array(Integer.MAX_VALUE))
                .isInstanceOf(CborException.class);
    }

    @Test
    void limitsAreCheckedBeforeAnythingIsAllocated() {
        assertThatThrownBy(() -> new CborReader(hex("5a7fffffff00")).bytes(Integer.MAX_VALUE))
                .isInstanceOf(CborException.class)
                .hasMessageContaining("only 1");
        assertThatThrownBy(() -> new CborReader(hex("4401020304")).bytes(3)).hasMessageContaining("limit 3");
        assertThatThrownBy(() -> new CborReader(hex("6449455446")).text(3)).hasMessageContaining("limit 3");
        assertThatThrownBy(() -> new CborReader(hex("830000")).array(2)).hasMessageContaining("limit 2");
        assertThatThrownBy(() -> new CborReader(hex("05")).uint(4)).hasMessageContaining("limit 4");
        assertThatThrownBy(() -> new CborReader(hex("4401020304")).fixedBytes(5))
                .hasMessageContaining("expected 5");
        assertThatThrownBy(() -> new CborReader(hex("8200")).expectArray(1)).hasMessageContaining("expected 1");
        assertThatThrownBy(() -> new CborReader(hex("02")).expect(1, "version"))
                .hasMessageContaining("version is 2, expected 1");
        assertThatThrownBy(() -> new CborReader(hex("f6")).bool()).isInstanceOf(CborException.class);
        assertThatThrownBy(() -> new CborReader(hex("0000")).expect(0, "x").end())
                .hasMessageContaining("1 bytes follow");
    }

    @Test
    void aRangeOfAnArrayIsReadAndNoMore() {
        byte[] surrounded = hex("ff0102ff");
        CborReader in = new CborReader(surrounded, 1, 2);
        assertThat(in.uint()).isEqualTo(1);
        assertThat(in.position()).isEqualTo(2);
        assertThat(in.atEnd()).isFalse();
        assertThat(in.uint()).isEqualTo(2);
        assertThat(in.atEnd()).isTrue();
        assertThatThrownBy(in::uint).isInstanceOf(CborException.class);
        assertThat(new CborReader(hex("f6")).nil()).isTrue();
        assertThat(new CborReader(hex("00")).nil()).isFalse();
    }

    private static Object randomItem(SplittableRandom random, int depth) {
        switch (random.nextInt(depth > 4 ? 5 : 6)) {
            case 0:
                return random.nextLong() >>> (1 + random.nextInt(63));
            case 1:
                byte[] bytes = new byte[random.nextInt(300)];
                random.nextBytes(bytes);
                return bytes;
            case 2:
                StringBuilder text = new StringBuilder();
                for (int i = random.nextInt(40); i > 0; i--) {
                    int point = random.nextInt(0x10ffff);
                    text.appendCodePoint(point >= 0xd800 && point < 0xe000 ? 'x' : point);
                }
                return text.toString();
            case 3:
                return random.nextBoolean();
            case 4:
                return "nil";
            default:
                List<Object> items = new ArrayList<>();
                for (int i = random.nextInt(30); i > 0; i--) {
                    items.add(randomItem(random, depth + 1));
                }
                return items;
        }
    }

    private static void write(CborWriter out, Object item) {
        if (item instanceof Long number) {
            out.uint(number);
        } else if (item instanceof byte[] bytes) {
            out.bytes(bytes);
        } else if (item instanceof Boolean truth) {
            out.bool(truth);
        } else if (item instanceof List<?> items) {
            out.array(items.size());
            items.forEach(each -> write(out, each));
        } else if ("nil".equals(item)) {
            out.nil();
        } else {
            out.text((String) item);
        }
    }

    private static void read(CborReader in, Object item) {
        if (item instanceof Long number) {
            assertThat(in.uint()).isEqualTo(number);
        } else if (item instanceof byte[] bytes) {
            assertThat(in.bytes(300)).isEqualTo(bytes);
        } else if (item instanceof Boolean truth) {
            assertThat(in.bool()).isEqualTo(truth);
        } else if (item instanceof List<?> items) {
            assertThat(in.array(30)).isEqualTo(items.size());
            items.forEach(each -> read(in, each));
        } else if ("nil".equals(item)) {
            assertThat(in.nil()).isTrue();
        } else {
            assertThat(in.text(200)).isEqualTo(item);
        }
    }

    private static void compare(JsonNode node, Object item) throws Exception {
        if (item instanceof Long number) {
            assertThat(node.longValue()).isEqualTo(number);
            assertThat(node.isIntegralNumber()).isTrue();
        } else if (item instanceof byte[] bytes) {
            assertThat(node.binaryValue()).isEqualTo(bytes);
        } else if (item instanceof Boolean truth) {
            assertThat(node.booleanValue()).isEqualTo(truth);
            assertThat(node.isBoolean()).isTrue();
        } else if (item instanceof List<?> items) {
            assertThat(node.isArray()).isTrue();
            assertThat(node.size()).isEqualTo(items.size());
            for (int i = 0; i < items.size(); i++) {
                compare(node.get(i), items.get(i));
            }
        } else if ("nil".equals(item)) {
            assertThat(node.isNull()).isTrue();
        } else {
            assertThat(node.textValue()).isEqualTo(item);
        }
    }

    @Test
    void anotherImplementationReadsTheSame() throws Exception {
        CBORMapper oracle = new CBORMapper();
        for (long seed = 1; seed <= 300; seed++) {
            Object item = randomItem(new SplittableRandom(seed), 0);
            CborWriter out = new CborWriter();
            write(out, item);
            byte[] encoded = out.toBytes();
            compare(oracle.readTree(encoded), item);
            CborReader in = new CborReader(encoded);
            read(in, item);
            in.end();
        }
    }

    /** Reads any item of the subset and returns its encoding by the writer. */
    private static void copy(CborReader in, byte[] input, CborWriter out, int depth) {
        if (depth > 100) {
            throw new CborException("too deep for the test");
        }
        int before = in.position();
        if (before >= input.length) {
            throw new CborException("at the end");
        }
        switch ((input[before] & 0xff) >>> 5) {
            case 0 -> out.uint(in.uint());
            case 2 -> out.bytes(in.bytes(1 << 20));
            case 3 -> out.text(in.text(1 << 20));
            case 4 -> {
                int count = in.array(1 << 20);
                out.array(count);
                for (int i = 0; i < count; i++) {
                    copy(in, input, out, depth + 1);
                }
            }
            default -> {
                if (in.nil()) {
                    out.nil();
                } else {
                    out.bool(in.bool());
                }
            }
        }
    }

    @Test
    void whatIsAcceptedFromDamagedBytesEncodesToTheSameBytes() {
        int accepted = 0;
        for (long seed = 1; seed <= 20_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] bytes;
            if (random.nextBoolean()) {
                bytes = new byte[random.nextInt(1, 40)];
                random.nextBytes(bytes);
            } else {
                CborWriter out = new CborWriter();
                write(out, randomItem(random, 3));
                bytes = out.toBytes();
                for (int i = random.nextInt(4); i > 0; i--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
                bytes = Arrays.copyOf(bytes, Math.max(1, bytes.length - random.nextInt(3)));
            }
            CborWriter again = new CborWriter();
            try {
                CborReader in = new CborReader(bytes);
                copy(in, bytes, again, 0);
                in.end();
            } catch (CborException e) {
                continue;
            }
            accepted++;
            assertThat(again.toBytes()).as("seed " + seed).isEqualTo(bytes);
        }
        assertThat(accepted).as("inputs accepted").isBetween(1000, 15_000);
    }

    @Test
    void misuseIsNamed() {
        assertThatThrownBy(() -> new CborWriter().uint(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CborWriter().array(-1)).isInstanceOf(IllegalArgumentException.class);
    }
}
