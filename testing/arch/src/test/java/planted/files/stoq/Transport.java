package planted.files.stoq;

/** Innocent; the other side of a planted violation. */
public class Transport {}
