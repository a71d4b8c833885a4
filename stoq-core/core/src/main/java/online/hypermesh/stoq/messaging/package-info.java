/** Requests, responses and one-way messages over a transport. */
@NullMarked
package online.hypermesh.stoq.messaging;

import org.jspecify.annotations.NullMarked;
