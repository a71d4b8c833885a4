package planted.apis.trustchain;

/** Innocent; the other side of a planted violation. */
public class Authority {}
