package planted.kernel.impl.ledger;

/** Innocent; the other side of a planted violation. */
public class Tree {}
