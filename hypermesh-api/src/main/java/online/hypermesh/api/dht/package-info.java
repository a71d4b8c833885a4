/** The distributed hash table: small signed records and pointers to providers, found without anybody in charge. */
@NullMarked
package online.hypermesh.api.dht;

import org.jspecify.annotations.NullMarked;
