package planted.serialization.api.ledger;

import java.io.Serializable;

/** Violation: serializable. */
@SuppressWarnings("serial")
public class Block implements Serializable {
    final int height;

    Block(int height) {
        this.height = height;
    }
}
