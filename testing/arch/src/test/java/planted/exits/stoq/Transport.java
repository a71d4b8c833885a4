package planted.exits.stoq;

/** Violation: a library that ends the process. */
public class Transport {
    void fail() {
        System.exit(1);
    }
}
