/** Adapter from the metrics of STOQ to Micrometer. */
@NullMarked
package online.hypermesh.stoq.micrometer;

import org.jspecify.annotations.NullMarked;
