/** The ledger module that records stored content, and the registry of what it recorded. */
@NullMarked
package online.hypermesh.impl.asset;

import org.jspecify.annotations.NullMarked;
