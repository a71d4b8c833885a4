/** Connections between mutually authenticated nodes, and request/response over them. */
@NullMarked
package online.hypermesh.stoq;

import org.jspecify.annotations.NullMarked;
