/** A running node: its wiring, its phases, and what it answers over STOQ. */
@NullMarked
package online.hypermesh.node.service;

import org.jspecify.annotations.NullMarked;
