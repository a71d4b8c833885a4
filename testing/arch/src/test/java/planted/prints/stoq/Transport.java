package planted.prints.stoq;

/** Violation: a library that writes to the terminal. */
public class Transport {
    void tell() {
        System.out.println("here");
    }

    void tell(Exception e) {
        e.printStackTrace();
    }
}
