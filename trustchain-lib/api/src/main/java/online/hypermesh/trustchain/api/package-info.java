/** The phases of trust and the failures of this library. */
@NullMarked
package online.hypermesh.trustchain.api;

import org.jspecify.annotations.NullMarked;
