package planted.names.api.runtime;

/** Allowed: a word of the vocabulary. */
public class RuntimeManager {}
