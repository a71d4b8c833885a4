package planted.providers.api.ledger;

import java.util.ServiceLoader;

/** Allowed: the finder of this API. */
public interface Ledger {
    static Iterable<Ledger> found() {
        return ServiceLoader.load(Ledger.class);
    }
}
