package planted.twins.impl.consensus.driver;

import planted.twins.impl.consensus.LiveCore;
import planted.twins.impl.consensus.SharedCore;

/** The production driver. */
public class Loop {
    LiveCore live = new LiveCore();
    SharedCore shared = new SharedCore();
}
