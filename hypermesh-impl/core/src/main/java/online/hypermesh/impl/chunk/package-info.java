/** Content-defined chunking. */
@NullMarked
package online.hypermesh.impl.chunk;

import org.jspecify.annotations.NullMarked;
