package planted.unknown.stoq.base;

/** Innocent; the other side of a planted violation. */
public class Digest {}
