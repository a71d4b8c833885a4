package online.hypermesh.impl.content.repository;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import online.hypermesh.stoq.base.cbor.CborWriter;

/** What the files of the index are made of: pages of sorted entries, each page sealed by itself. */
final class RunFormat {
    static final byte[] MAGIC = "HMRUN001".getBytes(StandardCharsets.US_ASCII);
    static final int VERSION = 1;

    /** Id (16), pack in this run (4), offset (3), length (3). */
    static final int ENTRY_BYTES = 26;

    static final int PAGE_ENTRIES = 156;
    static final int PAGE_PLAIN_BYTES = PAGE_ENTRIES * ENTRY_BYTES;
    static final int TAG_BYTES = 16;
    static final int PAGE_BYTES = PAGE_PLAIN_BYTES + TAG_BYTES;

    /** Most entries of one run, so that its filter can be sealed in one piece. */
    static final long MAX_ENTRIES = 32_000_000;

    static final int MAX_PART_BYTES = 60 << 20;
    static final int MAX_PACKS = 1_000_000;
    static final int MAX_SUPERSEDED = 100_000;

    /** Offset of the tail (8), magic (8). */
    static final int TRAILER_BYTES = 16;

    private RunFormat() {}

    /** The context of a part of a run, so that parts cannot change places. */
    static byte[] context(String run, int part) {
        return new CborWriter()
                .array(3)
                .text("hypermesh/repository-run/v1")
                .text(run)
                .uint(part)
                .toBytes();
    }

    /** Seals or opens pages: AES-256-GCM under the run's own key, the nonce is the page's number. Confined to one thread. */
    static final class PageCipher {
        private final Cipher cipher;
        private final SecretKeySpec key;
        private final byte[] nonce = new byte[12];

        PageCipher(byte[] pageKey) {
            this.key = new SecretKeySpec(pageKey, "AES");
            Arrays.fill(pageKey, (byte) 0);
            try {
                this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("AES-256-GCM is required of every Java platform", e);
            }
        }

        void seal(int page, byte[] plain, byte[] to) {
            try {
                init(Cipher.ENCRYPT_MODE, page);
                cipher.doFinal(plain, 0, PAGE_PLAIN_BYTES, to, 0);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("AES-256-GCM refused a page", e);
            }
        }

        void open(String run, int page, byte[] sealed, byte[] to) {
            try {
                init(Cipher.DECRYPT_MODE, page);
                cipher.doFinal(sealed, 0, PAGE_BYTES, to, 0);
            } catch (AEADBadTagException e) {
                throw Failures.corrupted("page " + page + " of index run " + run + " is damaged", e);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("AES-256-GCM refused a page", e);
            }
        }

        private void init(int mode, int page) throws GeneralSecurityException {
            Bytes.putInt(nonce, 8, page);
            cipher.init(mode, key, new GCMParameterSpec(TAG_BYTES * 8, nonce));
        }
    }
}
