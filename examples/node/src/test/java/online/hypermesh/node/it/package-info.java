/** Tests of the node that start real processes; run by {@code mvn verify}. */
@NullMarked
package online.hypermesh.node.it;

import org.jspecify.annotations.NullMarked;
