package planted.kernel.impl.assembly;

import planted.kernel.impl.consensus.Engine;
import planted.kernel.impl.content.Placement;

/** Allowed: earlier steps. */
public interface Kernel {
    void accept(Placement placement, Engine engine);
}
