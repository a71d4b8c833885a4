package planted.files.bootstrap;

import planted.files.stoq.Transport;

/** Violation: a core that holds a transport. */
public interface Phases {
    void accept(Transport transport);
}
