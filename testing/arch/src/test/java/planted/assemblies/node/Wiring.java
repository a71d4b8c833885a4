package planted.assemblies.node;

import planted.assemblies.impl.consensus.Engine;

/** Allowed: assembling is its job. */
public interface Wiring {
    void accept(Engine engine);
}
