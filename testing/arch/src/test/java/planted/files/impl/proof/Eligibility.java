package planted.files.impl.proof;

import planted.files.impl.storage.Segments;

/** Violation: a core that holds a store. */
public interface Eligibility {
    void accept(Segments segments);
}
