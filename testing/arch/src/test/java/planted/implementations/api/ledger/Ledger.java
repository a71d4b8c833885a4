package planted.implementations.api.ledger;

/** Innocent; the other side of a planted violation. */
public class Ledger {}
