package planted.unknown.somewhere;

/** Violation: its package belongs to no part of the plan. */
public class Stray {}
