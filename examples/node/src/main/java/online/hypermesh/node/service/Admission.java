package online.hypermesh.node.service;

import online.hypermesh.stoq.PeerVerifier;

/**
 * Lets nobody in before this node knows its phase: until the ledger on its disk is read, no phase's rules apply, so that not
 * even a lost phase file opens a door that the network has closed. Thread-safe.
 */
final class Admission implements PeerVerifier {
    private final PeerVerifier rules;
    private volatile boolean open;

    Admission(PeerVerifier rules) {
        this.rules = rules;
    }

    /** From now on the rules decide. */
    void open() {
        open = true;
    }

    @Override
    public Judgement judge(Evidence evidence) {
        return open
                ? rules.judge(evidence)
                : new Judgement.Refused(
                        "STARTING", "this node is still reading its ledger and admits nobody; try again in a moment");
    }
}
