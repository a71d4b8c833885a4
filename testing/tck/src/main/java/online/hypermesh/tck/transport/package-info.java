/** What every STOQ engine owes its callers. */
@NullMarked
package online.hypermesh.tck.transport;

import org.jspecify.annotations.NullMarked;
