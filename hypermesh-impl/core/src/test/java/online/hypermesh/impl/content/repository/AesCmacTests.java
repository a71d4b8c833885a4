package online.hypermesh.impl.content.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.macs.CMac;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AesCmacTests {
    private static final HexFormat HEX = HexFormat.of();
    private static final String MESSAGE = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
            + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

    @ParameterizedTest
    @CsvSource({
        "0,028962f61b7bf89efc6b551f4667d983",
        "16,28a7023f452e8f82bd4bf28d8c37c35c",
        "40,aaf3d8f1de5640c232f5b169b9c911e6",
        "64,e1992190549f6ed5696a2c056c315410"
    })
    void tagsAreThoseOfTheStandard(int length, String tag) {
        AesCmac mac = new AesCmac(HEX.parseHex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"));
        byte[] out = new byte[ChunkMac.TAG_BYTES];
        mac.tag(HEX.parseHex(MESSAGE), 0, length, out);
        assertThat(HEX.formatHex(out)).isEqualTo(tag);
    }

    @Test
    void tagsAreThoseOfAnotherImplementationWhateverCameBefore() {
        byte[] key = TestStore.random(1, AesCmac.KEY_BYTES);
        byte[] source = TestStore.random(2, 70_000);
        AesCmac mac = new AesCmac(key);
        byte[] out = new byte[32];
        byte[] expected = new byte[ChunkMac.TAG_BYTES];
        for (int length : new int[] {1, 15, 16, 17, 31, 32, 33, 4095, 4096, 4097, 32_768, 65_000, 5, 0}) {
            CMac oracle = new CMac(AESEngine.newInstance());
            oracle.init(new KeyParameter(key));
            oracle.update(source, 3, length);
            oracle.doFinal(expected, 0);
            mac.tag(source, 3, length, out);
            assertThat(out).startsWith(expected);
        }
        assertThatThrownBy(() -> new AesCmac(new byte[16])).hasMessageContaining("32 bytes");
    }
}
