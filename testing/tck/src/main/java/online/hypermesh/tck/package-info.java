/** Abstract test classes: extend one and supply a fresh implementation. */
@NullMarked
package online.hypermesh.tck;

import org.jspecify.annotations.NullMarked;
