package planted.assemblies.impl.consensus;

/** Innocent; the other side of a planted violation. */
public class Engine {}
