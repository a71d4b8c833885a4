/** Content repositories: snapshots of file trees in a local directory, deduplicated, packed and sealed. */
@NullMarked
package online.hypermesh.impl.content.repository;

import org.jspecify.annotations.NullMarked;
