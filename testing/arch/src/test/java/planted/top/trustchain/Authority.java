package planted.top.trustchain;

import planted.top.node.Wiring;

/** Violation: sees an assembly. */
public interface Authority {
    void accept(Wiring wiring);
}
