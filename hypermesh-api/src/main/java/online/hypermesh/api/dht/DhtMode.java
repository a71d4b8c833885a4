package online.hypermesh.api.dht;

/** What a node does for others. */
public enum DhtMode {
    /** Answers, stores, and is found by others; for nodes that can be reached from outside and stay. */
    SERVER,
    /** Only asks. */
    CLIENT
}
