package online.hypermesh.stoq.base.error;

/** What a caller can usefully repeat after a failure. */
public enum Retry {
    /** Repeating cannot succeed until something outside is changed. */
    NEVER,
    /** The same call may succeed later, unchanged. */
    SAME_CALL,
    /** The operation must be started again from its beginning. */
    WHOLE_OPERATION
}
