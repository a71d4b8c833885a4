package planted.cycles.stoq.spi;

import planted.cycles.stoq.Transport;

/** Violation: the other half of a cycle of packages. */
public interface Engine {
    void accept(Transport transport);
}
