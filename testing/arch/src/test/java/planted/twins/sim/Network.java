package planted.twins.sim;

import planted.twins.impl.consensus.SharedCore;
import planted.twins.impl.consensus.TrialCore;

/** The simulator. */
public class Network {
    TrialCore trial = new TrialCore();
    SharedCore shared = new SharedCore();
}
