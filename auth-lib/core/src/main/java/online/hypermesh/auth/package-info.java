/**
 * The reference implementation of authorization: the policy as a ledger module, its gate before every transaction, and the
 * provider a node asks. All of it is pure: no clock, no I/O, no threads.
 */
@NullMarked
package online.hypermesh.auth;

import org.jspecify.annotations.NullMarked;
