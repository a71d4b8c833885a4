package online.hypermesh.impl.store.s3;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.error.HypermeshException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A bucket through the AWS SDK: conditional writes, strongly consistent listings. Retries what may succeed when repeated.
 * Thread-safe.
 */
final class S3ObjectStore implements ObjectStore {
    private static final Duration ATTEMPT = Duration.ofSeconds(60);
    private static final Duration CALL = Duration.ofMinutes(3);
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;
    private static final int PRECONDITION_FAILED = 412;
    private static final int BEYOND_THE_END = 416;

    private final S3Client client;
    private final String bucket;

    private S3ObjectStore(S3Client client, String bucket) {
        this.client = client;
        this.bucket = bucket;
    }

    static S3ObjectStore open(S3Location location) {
        S3ClientBuilder builder = S3Client.builder()
                .region(Region.of(location.region()))
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT)
                        .socketTimeout(ATTEMPT))
                .overrideConfiguration(c -> c.apiCallAttemptTimeout(ATTEMPT).apiCallTimeout(CALL))
                // what is stored here carries hashes of its own; not every server knows the checksums of Amazon's
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
        Optional<URI> endpoint = location.endpoint();
        if (endpoint.isPresent()) {
            builder.endpointOverride(endpoint.get()).forcePathStyle(true);
        }
        return new S3ObjectStore(builder.build(), location.bucket());
    }

    @Override
    public boolean create(String key, byte[] bytes) {
        try {
            client.putObject(r -> r.bucket(bucket).key(key).ifNoneMatch("*"), RequestBody.fromBytes(bytes));
            return true;
        } catch (AwsServiceException e) {
            if (e.statusCode() == PRECONDITION_FAILED || e.statusCode() == CONFLICT) {
                // an answer may have been lost, and the SDK have tried again
                return read(key, 0, bytes.length + 1)
                        .map(there -> Arrays.equals(there, bytes))
                        .orElseThrow(() -> failed("create", key, e));
            }
            throw failed("create", key, e);
        } catch (SdkException e) {
            throw failed("create", key, e);
        }
    }

    @Override
    public Optional<byte[]> read(String key, long from, int length) {
        try {
            return Optional.of(client.getObjectAsBytes(
                            r -> r.bucket(bucket).key(key).range("bytes=" + from + "-" + (from + length - 1)))
                    .asByteArrayUnsafe());
        } catch (AwsServiceException e) {
            if (e.statusCode() == NOT_FOUND) {
                return Optional.empty();
            }
            if (e.statusCode() == BEYOND_THE_END) {
                return Optional.of(new byte[0]);
            }
            throw failed("read", key, e);
        } catch (SdkException e) {
            throw failed("read", key, e);
        }
    }

    @Override
    public List<Listed> list(String prefix) {
        try {
            List<Listed> found = new ArrayList<>();
            for (S3Object object : client.listObjectsV2Paginator(
                            r -> r.bucket(bucket).prefix(prefix))
                    .contents()) {
                found.add(new Listed(object.key(), object.size()));
            }
            return found;
        } catch (SdkException e) {
            throw failed("list", prefix, e);
        }
    }

    @Override
    public void delete(List<String> keys) {
        for (String key : keys) {
            try {
                client.deleteObject(r -> r.bucket(bucket).key(key));
            } catch (SdkException e) {
                throw failed("delete", key, e);
            }
        }
    }

    private HypermeshException failed(String doing, String key, SdkException e) {
        return Failures.storage(
                "cannot " + doing + " s3://" + bucket + "/" + key + ": " + e.getMessage()
                        + ". Check the bucket, its policy, the credentials and the network",
                e);
    }

    @Override
    public void close() {
        client.close();
    }
}
