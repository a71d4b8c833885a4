package online.hypermesh.impl.asset;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import online.hypermesh.impl.content.StorageReceipt;
import online.hypermesh.impl.content.Vectors;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

/** Checks the assets' vectors of {@code docs/spec/vectors/content.txt}. */
class AssetVectorTests {
    private static final HexFormat HEX = HexFormat.of();
    private final Vectors vectors;
    private final NetworkId network = new NetworkId(Digest.of(filled(0x44)));
    private final SigningKey author = SigningKey.fromSeed(filled(0x55));
    private final Digest list = Digest.of(filled(0x66));

    AssetVectorTests() throws IOException {
        vectors = new Vectors();
    }

    @Test
    void registration() {
        AssetRegistration registration = report();
        check("asset.registration", registration.encode());
        assertThat(AssetRegistration.decode(vectors.bytes("asset.registration")).receipts())
                .isEqualTo(registration.receipts());
    }

    @Test
    void record() {
        NodeId owner = NodeId.of(author.verifyKey());
        check("asset.record", AssetModule.encode(AssetModule.asset(report(), Digest.of(filled(7)), owner, 9)));
        check("asset.key", AssetModule.assetKey(Digest.of(filled(7))));
        check("asset.label-key", AssetModule.labelKey(owner, "report"));
    }

    private AssetRegistration report() {
        return new AssetRegistration(
                "report",
                list,
                2,
                1,
                new byte[] {1, 2, 3},
                77,
                List.of(StorageReceipt.sign(network, author, list, 2, 77)));
    }

    private void check(String name, byte[] actual) {
        assertThat(HEX.formatHex(actual)).as(name).isEqualTo(vectors.text(name));
    }

    private static byte[] filled(int value) {
        byte[] b = new byte[32];
        Arrays.fill(b, (byte) value);
        return b;
    }
}
