/** Reed–Solomon coding: content in shards of which any large enough part restores the rest. */
@NullMarked
package online.hypermesh.impl.erasure;

import org.jspecify.annotations.NullMarked;
