/** The shape of leaf and issuer certificates, shared by issuing and judging. */
@NullMarked
package online.hypermesh.trustchain.leaf;

import org.jspecify.annotations.NullMarked;
