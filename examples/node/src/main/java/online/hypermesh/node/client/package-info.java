/** The way into a network for operators, guests and programs: requests to nodes, and every answer checked. */
@NullMarked
package online.hypermesh.node.client;

import org.jspecify.annotations.NullMarked;
