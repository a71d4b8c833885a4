/** Authenticated connections over any engine: the STOQ hello, streams with deadlines, and the finder of engines. */
@NullMarked
package online.hypermesh.stoq.session;

import org.jspecify.annotations.NullMarked;
