package planted.prints.node;

/** Allowed: the node. */
public class Main {
    void tell() {
        System.out.println("here");
    }
}
