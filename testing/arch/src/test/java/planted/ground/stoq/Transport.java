package planted.ground.stoq;

import java.nio.file.Files;
import java.nio.file.Path;

/** Allowed: the transport is above the ground floor. */
public class Transport {
    boolean read(Path path) {
        return Files.exists(path);
    }
}
