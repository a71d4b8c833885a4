package planted.files.impl.consensus;

import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;

/** Violation: a core that reads files and opens sockets. */
public class Engine {
    boolean read(Path path) {
        return Files.exists(path);
    }

    int port(Socket socket) {
        return socket.getPort();
    }
}
