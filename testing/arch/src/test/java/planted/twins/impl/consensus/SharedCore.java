package planted.twins.impl.consensus;

/** Allowed: made by both. */
public class SharedCore {}
