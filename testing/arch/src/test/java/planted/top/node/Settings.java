package planted.top.node;

/** Innocent; the other side of a planted violation. */
public class Settings {}
