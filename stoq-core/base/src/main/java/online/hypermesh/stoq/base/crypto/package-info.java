/** Domain-separated SHA-256, Ed25519, Merkle trees and secrets. */
@NullMarked
package online.hypermesh.stoq.base.crypto;

import org.jspecify.annotations.NullMarked;
