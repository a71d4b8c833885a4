/** Failures and verdicts of the kernel. */
@NullMarked
package online.hypermesh.api.error;

import org.jspecify.annotations.NullMarked;
