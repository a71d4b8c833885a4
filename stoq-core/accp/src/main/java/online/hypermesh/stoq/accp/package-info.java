/** Ed25519 signatures recognised by AWS-LC. */
@org.jspecify.annotations.NullMarked
package online.hypermesh.stoq.accp;
