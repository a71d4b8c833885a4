/** The transport against QUIC implementations that nobody here wrote. */
@NullMarked
package online.hypermesh.interop;

import org.jspecify.annotations.NullMarked;
