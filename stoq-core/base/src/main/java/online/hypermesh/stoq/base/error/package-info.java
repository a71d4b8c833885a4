/** Errors that carry a stable code and retry advice. */
@NullMarked
package online.hypermesh.stoq.base.error;

import org.jspecify.annotations.NullMarked;
