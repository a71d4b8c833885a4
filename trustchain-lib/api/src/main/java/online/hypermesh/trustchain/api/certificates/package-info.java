/** Issuing, holding and judging short-lived leaf certificates. */
@NullMarked
package online.hypermesh.trustchain.api.certificates;

import org.jspecify.annotations.NullMarked;
