package planted.kernel.impl.consensus;

import planted.kernel.impl.content.Placement;

/** Violation: sees a package on its own step. */
public interface Engine {
    void accept(Placement placement);
}
