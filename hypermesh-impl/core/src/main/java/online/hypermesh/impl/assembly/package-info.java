/** The kernel's parts put together for those who embed it. */
@NullMarked
package online.hypermesh.impl.assembly;

import org.jspecify.annotations.NullMarked;
