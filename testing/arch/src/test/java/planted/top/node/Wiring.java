package planted.top.node;

import planted.top.sim.Network;

/** Violation: sees testing. */
public interface Wiring {
    void accept(Network network);
}
