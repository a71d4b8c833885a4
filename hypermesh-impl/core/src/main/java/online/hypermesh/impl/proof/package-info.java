/** Proof of State: makes and checks the four proofs, and keeps their records in the ledger; deciding code without I/O. */
@NullMarked
package online.hypermesh.impl.proof;

import org.jspecify.annotations.NullMarked;
