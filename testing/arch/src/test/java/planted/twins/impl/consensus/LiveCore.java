package planted.twins.impl.consensus;

/** Violation: only run in production. */
public class LiveCore {}
