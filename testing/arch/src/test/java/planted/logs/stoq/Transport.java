package planted.logs.stoq;

import java.util.logging.Logger;

/** Violation: a library that chooses a logger. */
public class Transport {
    private static final Logger LOG = Logger.getLogger("transport");

    void tell() {
        LOG.info("here");
    }
}
