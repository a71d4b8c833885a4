/** Histories of what clients asked and were told, and whether one order of single steps explains them. */
@NullMarked
package online.hypermesh.sim.history;

import org.jspecify.annotations.NullMarked;
