package online.hypermesh.interop.s3;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import online.hypermesh.impl.store.s3.S3Location;
import online.hypermesh.stoq.base.crypto.Digest;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;

/** S3Proxy on this machine, its objects in memory, for as long as the tests of this process run. */
final class S3Server {
    private static final String BUCKET = "contracts";
    private static final String IDENTITY = "contract";
    private static final String SECRET = "not-a-secret";
    private static final S3Server RUNNING = start();

    private final URI endpoint;

    private S3Server(URI endpoint) {
        this.endpoint = endpoint;
    }

    private static S3Server start() {
        System.setProperty("aws.accessKeyId", IDENTITY);
        System.setProperty("aws.secretAccessKey", SECRET);
        try {
            BlobStore objects = BlobStores.create("transient-nio2", new Properties());
            objects.createContainer(BUCKET);
            S3Proxy server = S3Proxy.builder()
                    .blobStore(objects)
                    .endpoint(URI.create("http://127.0.0.1:0"))
                    .awsAuthentication(AuthenticationType.AWS_V4, IDENTITY, SECRET)
                    .build();
            server.start();
            return new S3Server(URI.create("http://127.0.0.1:" + server.getPort()));
        } catch (Exception e) {
            throw new IllegalStateException("S3Proxy does not start", e);
        }
    }

    /** A place of its own for each directory. */
    static S3Location location(Path directory) {
        String name = Digest.sha256(directory.toString().getBytes(StandardCharsets.UTF_8))
                .toShortHex();
        return new S3Location(BUCKET, "contracts/" + name + "/", "eu-central-1", Optional.of(RUNNING.endpoint));
    }
}
