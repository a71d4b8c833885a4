/** The file-backed transparency log. */
@NullMarked
package online.hypermesh.trustchain.log;

import org.jspecify.annotations.NullMarked;
