package planted.providers.node;

import java.util.ServiceLoader;
import planted.providers.api.ledger.Ledger;

/** Violation: looks up a provider past the API's finder. */
public class Wiring {
    Iterable<Ledger> ledgers() {
        return ServiceLoader.load(Ledger.class);
    }
}
