/** Names: records, resolution and its sources. */
@NullMarked
package online.hypermesh.trustchain.api.names;

import org.jspecify.annotations.NullMarked;
