package planted.cycles.stoq;

import planted.cycles.stoq.spi.Engine;

/** Violation: one half of a cycle of packages. */
public interface Transport {
    void accept(Engine engine);
}
