/** Files that are whole after every crash. */
@NullMarked
package online.hypermesh.node.files;

import org.jspecify.annotations.NullMarked;
