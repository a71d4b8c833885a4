/** The node's configuration: keys, where their values come from, and the validated record. */
@NullMarked
package online.hypermesh.node.config;

import org.jspecify.annotations.NullMarked;
