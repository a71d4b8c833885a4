/** The layers, the build and their rules, checked over every module; each rule is also seen to fail. */
@org.jspecify.annotations.NullMarked
package online.hypermesh.arch;
