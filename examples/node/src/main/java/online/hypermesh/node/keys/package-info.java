/** A node's long-term keys and the encrypted file they are kept in. */
@NullMarked
package online.hypermesh.node.keys;

import org.jspecify.annotations.NullMarked;
