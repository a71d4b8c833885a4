/** Encoded replicas in files. */
@NullMarked
package online.hypermesh.impl.proof.driver;

import org.jspecify.annotations.NullMarked;
