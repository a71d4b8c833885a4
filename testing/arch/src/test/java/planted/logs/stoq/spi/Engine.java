package planted.logs.stoq.spi;

/** Allowed: the platform's logger. */
public class Engine {
    private static final System.Logger LOG = System.getLogger("engine");

    void tell() {
        LOG.log(System.Logger.Level.INFO, "here");
    }
}
