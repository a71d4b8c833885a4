/** Judging leaves by the rules of the phase. */
@NullMarked
package online.hypermesh.trustchain.verify;

import org.jspecify.annotations.NullMarked;
