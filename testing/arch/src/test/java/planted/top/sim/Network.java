package planted.top.sim;

import planted.top.node.Settings;

/** Allowed: testing sees everything. */
public interface Network {
    void accept(Settings settings);
}
