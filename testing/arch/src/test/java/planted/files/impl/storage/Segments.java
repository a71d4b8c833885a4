package planted.files.impl.storage;

/** Innocent; the other side of a planted violation. */
public class Segments {}
