/** Identities of nodes and networks. */
@NullMarked
package online.hypermesh.stoq.base.id;

import org.jspecify.annotations.NullMarked;
