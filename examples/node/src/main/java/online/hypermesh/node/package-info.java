/** The command line's entry. */
@NullMarked
package online.hypermesh.node;

import org.jspecify.annotations.NullMarked;
