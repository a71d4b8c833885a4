/** Content stores: snapshots of file trees, deduplicated and encrypted, usable without any network. */
@NullMarked
package online.hypermesh.api.content;

import org.jspecify.annotations.NullMarked;
