/** Moving packs between clients and nodes and among nodes, and attesting that they are durable. */
@NullMarked
package online.hypermesh.impl.content.exchange;

import org.jspecify.annotations.NullMarked;
