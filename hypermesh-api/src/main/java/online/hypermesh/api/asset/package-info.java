/** Assets: what the network holds for its users. */
@NullMarked
package online.hypermesh.api.asset;

import org.jspecify.annotations.NullMarked;
