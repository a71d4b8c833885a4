package planted.exits.node;

/** Allowed: the node. */
public class Main {
    void end() {
        System.exit(0);
    }
}
