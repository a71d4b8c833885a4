package planted.serialization.impl.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;

/** Violation: reads serialized objects. */
public class Segments {
    Object read(InputStream in) throws IOException, ClassNotFoundException {
        try (ObjectInputStream objects = new ObjectInputStream(in)) {
            return objects.readObject();
        }
    }
}
