package online.hypermesh.impl.consensus;

import java.util.Arrays;
import online.hypermesh.stoq.base.crypto.SigningKey;

final class TestKeys {
    private TestKeys() {}

    static SigningKey of(int seed) {
        byte[] b = new byte[32];
        Arrays.fill(b, (byte) seed);
        return SigningKey.fromSeed(b);
    }
}
