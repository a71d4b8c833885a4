/** What a node can be asked over STOQ: requests, answers and their canonical encodings. */
@NullMarked
package online.hypermesh.node.operation;

import org.jspecify.annotations.NullMarked;
