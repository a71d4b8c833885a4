/** Block and pack storage in an S3 bucket. */
@NullMarked
package online.hypermesh.impl.store.s3;

import org.jspecify.annotations.NullMarked;
