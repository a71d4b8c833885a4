/** A network of node processes on this machine: its files, its lock and its processes. */
@NullMarked
package online.hypermesh.node.network;

import org.jspecify.annotations.NullMarked;
