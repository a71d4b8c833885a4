/** Tests with real node processes. */
package online.hypermesh.node.process;
