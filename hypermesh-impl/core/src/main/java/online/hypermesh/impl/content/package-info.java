/** The owner's side of stored content: chunks, deduplication, sealed packs, manifests, and reading them back. */
@NullMarked
package online.hypermesh.impl.content;

import org.jspecify.annotations.NullMarked;
