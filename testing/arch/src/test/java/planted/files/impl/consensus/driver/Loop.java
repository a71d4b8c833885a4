package planted.files.impl.consensus.driver;

import java.nio.file.Files;
import java.nio.file.Path;

/** Allowed: a driver does the core's I/O. */
public class Loop {
    boolean read(Path path) {
        return Files.exists(path);
    }
}
