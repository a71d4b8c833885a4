package planted.names.stoq;

/** Violation: a name that says nothing. */
public class CryptoUtil {}
