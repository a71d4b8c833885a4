package planted.services.auth.api;

/** Innocent; the other side of a planted violation. */
public class Policy {}
