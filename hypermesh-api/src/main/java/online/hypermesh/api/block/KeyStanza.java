package online.hypermesh.api.block;

import java.util.Arrays;
import java.util.HexFormat;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;

/** A key as one recipient, or one group, can open it. */
public sealed interface KeyStanza {
    /** Length of a hint in bytes. */
    int HINT_BYTES = 8;

    /** Length of an X-Wing ciphertext in bytes. */
    int ENCAPSULATION_BYTES = 1120;

    /** Length of a wrapped 32-byte key in bytes. */
    int WRAPPED_BYTES = 48;

    /**
     * For the holder of one X-Wing key: HPKE (RFC 9180) in mode base. Immutable.
     *
     * @param hint marks whose it is; public, so that envelopes to one recipient can be linked
     * @param encapsulation X-Wing ciphertext, {@link #ENCAPSULATION_BYTES}
     * @param wrapped the key under AES-256-GCM, {@link #WRAPPED_BYTES}
     */
    record ForRecipient(byte[] hint, byte[] encapsulation, byte[] wrapped) implements KeyStanza {
        /**
         * Checks lengths and copies.
         *
         * @param hint {@link #HINT_BYTES}
         * @param encapsulation {@link #ENCAPSULATION_BYTES}
         * @param wrapped {@link #WRAPPED_BYTES}
         */
        public ForRecipient {
            hint = KeyStanza.copy("hint", hint, HINT_BYTES);
            encapsulation = KeyStanza.copy("encapsulation", encapsulation, ENCAPSULATION_BYTES);
            wrapped = KeyStanza.copy("wrapped key", wrapped, WRAPPED_BYTES);
        }

        @Override
        public byte[] hint() {
            return hint.clone();
        }

        @Override
        public byte[] encapsulation() {
            return encapsulation.clone();
        }

        @Override
        public byte[] wrapped() {
            return wrapped.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof ForRecipient s
                    && Arrays.equals(hint, s.hint)
                    && Arrays.equals(encapsulation, s.encapsulation)
                    && Arrays.equals(wrapped, s.wrapped);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(wrapped);
        }

        @Override
        public String toString() {
            return "ForRecipient[" + HexFormat.of().formatHex(hint) + "]";
        }

        void writeBody(CborWriter w) {
            w.bytes(hint).bytes(encapsulation).bytes(wrapped);
        }

        static ForRecipient readBody(CborReader r) {
            return new ForRecipient(
                    r.fixedBytes(HINT_BYTES), r.fixedBytes(ENCAPSULATION_BYTES), r.fixedBytes(WRAPPED_BYTES));
        }
    }

    /**
     * For the members of one epoch of a group: under a key that follows from the epoch's key and a salt. Immutable.
     *
     * @param group the group's id
     * @param epoch its epoch
     * @param salt 32 random bytes, fresh for every stanza
     * @param wrapped the key under AES-256-GCM, {@link #WRAPPED_BYTES}
     */
    record ForGroup(Digest group, long epoch, Digest salt, byte[] wrapped) implements KeyStanza {
        /**
         * Checks ranges and copies.
         *
         * @param group the group's id
         * @param epoch at least 0
         * @param salt 32 bytes
         * @param wrapped {@link #WRAPPED_BYTES}
         */
        public ForGroup {
            if (epoch < 0) {
                throw new IllegalArgumentException("epoch must be >= 0, was " + epoch);
            }
            wrapped = KeyStanza.copy("wrapped key", wrapped, WRAPPED_BYTES);
        }

        @Override
        public byte[] wrapped() {
            return wrapped.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof ForGroup s
                    && group.equals(s.group)
                    && epoch == s.epoch
                    && salt.equals(s.salt)
                    && Arrays.equals(wrapped, s.wrapped);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(wrapped);
        }

        @Override
        public String toString() {
            return "ForGroup[" + group.toShortHex() + ", epoch " + epoch + "]";
        }
    }

    /**
     * The order of stanzas: recipients by hint, then groups by id and epoch. Equal means for the same holder.
     *
     * @param a one stanza
     * @param b another one
     * @return negative, zero or positive
     */
    static int compare(KeyStanza a, KeyStanza b) {
        if (a instanceof ForRecipient ra) {
            return b instanceof ForRecipient rb ? Arrays.compareUnsigned(ra.hint, rb.hint) : -1;
        }
        if (a instanceof ForGroup ga && b instanceof ForGroup gb) {
            int byGroup = ga.group.compareTo(gb.group);
            return byGroup != 0 ? byGroup : Long.compare(ga.epoch, gb.epoch);
        }
        return 1;
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     * @param stanza what
     */
    static void write(CborWriter w, KeyStanza stanza) {
        if (stanza instanceof ForRecipient r) {
            w.array(4).uint(0);
            r.writeBody(w);
        } else if (stanza instanceof ForGroup g) {
            w.array(5)
                    .uint(1)
                    .bytes(g.group.toBytes())
                    .uint(g.epoch)
                    .bytes(g.salt.toBytes())
                    .bytes(g.wrapped);
        }
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the stanza
     * @throws CborException if the bytes are not canonical
     */
    static KeyStanza read(CborReader r) {
        int fields = r.array(5);
        int kind = r.uint(1);
        if (fields != 4 + kind) {
            throw new CborException("a stanza of kind " + kind + " has " + (4 + kind) + " fields, found " + fields);
        }
        if (kind == 0) {
            return ForRecipient.readBody(r);
        }
        return new ForGroup(
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                r.uint(),
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                r.fixedBytes(WRAPPED_BYTES));
    }

    private static byte[] copy(String what, byte[] value, int length) {
        if (value.length != length) {
            throw new IllegalArgumentException("a " + what + " has " + length + " bytes, got " + value.length);
        }
        return value.clone();
    }
}
