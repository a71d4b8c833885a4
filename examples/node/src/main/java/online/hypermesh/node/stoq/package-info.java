/** The transport by itself, for trials from the command line: a service to try it against, and what a client measures. */
@NullMarked
package online.hypermesh.node.stoq;

import org.jspecify.annotations.NullMarked;
