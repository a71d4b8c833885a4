/** The distributed hash table's core: Kademlia as decisions, without sockets, threads or a clock. */
@NullMarked
package online.hypermesh.impl.dht;

import org.jspecify.annotations.NullMarked;
