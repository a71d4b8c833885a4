/** Encoded replicas in files, and time sources asked over UDP. */
@NullMarked
package online.hypermesh.impl.proof.driver;

import org.jspecify.annotations.NullMarked;
