package planted.serialization.stoq.base;

/** Allowed: exceptions and enums are serializable by inheritance. */
public class Failure extends RuntimeException {
    enum Code {
        LOST
    }
}
