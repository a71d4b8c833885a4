package planted.kernel.impl.elsewhere;

/** Violation: its package has no step. */
public class Stray {}
