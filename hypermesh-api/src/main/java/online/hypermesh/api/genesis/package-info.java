/** The founding document of a network: validators, issuers, operators, parameters. */
@NullMarked
package online.hypermesh.api.genesis;

import org.jspecify.annotations.NullMarked;
