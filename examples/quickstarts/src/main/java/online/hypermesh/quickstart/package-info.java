/** The snippets of the documentation, compiled and run by the build. */
@NullMarked
package online.hypermesh.quickstart;

import org.jspecify.annotations.NullMarked;
