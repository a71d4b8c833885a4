/** A network inside the process: the same hello and streams without sockets. */
@NullMarked
package online.hypermesh.stoq.memory;

import org.jspecify.annotations.NullMarked;
