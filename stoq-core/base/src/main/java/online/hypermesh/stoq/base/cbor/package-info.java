/** Deterministic CBOR (RFC 8949 §4.2.1): the one encoding of everything that is hashed, signed or sent. */
@NullMarked
package online.hypermesh.stoq.base.cbor;

import org.jspecify.annotations.NullMarked;
