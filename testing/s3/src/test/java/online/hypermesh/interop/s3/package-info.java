/** The contracts of storage against an S3 server that others wrote. */
@NullMarked
package online.hypermesh.interop.s3;

import org.jspecify.annotations.NullMarked;
