/** The distributed hash table over the messenger: threads, the clock and the network around its core. */
@NullMarked
package online.hypermesh.impl.dht.driver;

import org.jspecify.annotations.NullMarked;
