package online.hypermesh.api.proof;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;

/** Merkle paths on the wire: one byte string, the hashes one after the other. */
final class Paths {
    private Paths() {}

    static void write(CborWriter w, List<Digest> path) {
        byte[] joined = new byte[path.size() * Digest.LENGTH];
        for (int i = 0; i < path.size(); i++) {
            System.arraycopy(path.get(i).toBytes(), 0, joined, i * Digest.LENGTH, Digest.LENGTH);
        }
        w.bytes(joined);
    }

    static List<Digest> read(CborReader r, int maxHashes) {
        byte[] joined = r.bytes(maxHashes * Digest.LENGTH);
        if (joined.length % Digest.LENGTH != 0) {
            throw new CborException("a Merkle path of " + joined.length + " bytes is not made of 32-byte hashes");
        }
        List<Digest> path = new ArrayList<>(joined.length / Digest.LENGTH);
        for (int at = 0; at < joined.length; at += Digest.LENGTH) {
            path.add(Digest.of(Arrays.copyOfRange(joined, at, at + Digest.LENGTH)));
        }
        return path;
    }
}
