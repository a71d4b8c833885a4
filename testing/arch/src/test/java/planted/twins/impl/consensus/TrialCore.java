package planted.twins.impl.consensus;

/** Violation: only simulated. */
public class TrialCore {}
