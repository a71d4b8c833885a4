/** Block and pack storage in an S3 bucket, for what outgrows one machine. */
module online.hypermesh.store.s3 {
    requires transitive online.hypermesh.api;
    requires software.amazon.awssdk.awscore;
    requires software.amazon.awssdk.core;
    requires software.amazon.awssdk.http;
    requires software.amazon.awssdk.http.urlconnection;
    requires software.amazon.awssdk.regions;
    requires software.amazon.awssdk.services.s3;
    requires static org.jspecify;

    exports online.hypermesh.impl.store.s3;
}
