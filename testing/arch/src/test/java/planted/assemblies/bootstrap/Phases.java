package planted.assemblies.bootstrap;

import planted.assemblies.impl.consensus.Engine;

/** Violation: only an assembly may name an implementation. */
public interface Phases {
    void accept(Engine engine);
}
