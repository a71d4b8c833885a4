package online.hypermesh.impl.proof;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Hashing;

/** Checks Merkle paths (RFC 9162 §2.1.3.2), all with one hash function. Confined to one thread. */
final class PathFold {
    private final MessageDigest sha = Hashing.sha256();

    boolean leads(byte[] leaf, long index, long size, List<Digest> path, Digest root) {
        if (index < 0 || index >= size) {
            return false;
        }
        sha.update((byte) 0);
        byte[] hash = sha.digest(leaf);
        long node = index;
        long last = size - 1;
        for (Digest sibling : path) {
            if (last == 0) {
                return false;
            }
            sha.update((byte) 1);
            if ((node & 1) == 1 || node == last) {
                sha.update(sibling.toBytes());
                hash = sha.digest(hash);
                while ((node & 1) == 0 && node != 0) {
                    node >>>= 1;
                    last >>>= 1;
                }
            } else {
                sha.update(hash);
                hash = sha.digest(sibling.toBytes());
            }
            node >>>= 1;
            last >>>= 1;
        }
        return last == 0 && Arrays.equals(hash, root.toBytes());
    }
}
