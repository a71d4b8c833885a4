package planted.implementations.trustchain.api;

/** Innocent; the other side of a planted violation. */
public class Issuer {}
