package planted.ground.stoq.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Violation: the ground floor reads a file. */
public class Encoding {
    byte[] read(Path path) throws IOException {
        return Files.readAllBytes(path);
    }
}
