/** The command line: one class per command. */
@NullMarked
package online.hypermesh.node.cli;

import org.jspecify.annotations.NullMarked;
