/** Proof of State: four proofs bound to one operation, what each must show, and the reason when one does not. */
@NullMarked
package online.hypermesh.api.proof;

import org.jspecify.annotations.NullMarked;
