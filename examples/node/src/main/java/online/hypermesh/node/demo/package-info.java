/** The demonstration: a network of real processes taken through boot, loss, recovery and independence, every step checked. */
@NullMarked
package online.hypermesh.node.demo;

import org.jspecify.annotations.NullMarked;
