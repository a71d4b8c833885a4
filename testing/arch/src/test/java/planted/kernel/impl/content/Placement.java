package planted.kernel.impl.content;

/** Innocent; the other side of a planted violation. */
public class Placement {}
