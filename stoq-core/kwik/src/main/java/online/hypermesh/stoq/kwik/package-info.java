/** The pure-Java engine: QUIC by Kwik. The only package that sees Kwik, which is LGPL-3.0 and stays a jar of its own. */
@NullMarked
package online.hypermesh.stoq.kwik;

import org.jspecify.annotations.NullMarked;
