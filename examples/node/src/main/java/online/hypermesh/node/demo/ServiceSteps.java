package online.hypermesh.node.demo;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.auth.api.ActionPattern;
import online.hypermesh.auth.api.Effect;
import online.hypermesh.auth.api.PolicyCommand;
import online.hypermesh.auth.api.PolicyState;
import online.hypermesh.auth.api.Resource;
import online.hypermesh.auth.api.Rule;
import online.hypermesh.auth.api.Subject;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.network.LocalNode;
import online.hypermesh.node.operation.CheckedLeaf;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;
import online.hypermesh.trustchain.api.names.NameSource;
import online.hypermesh.trustchain.api.names.ResolutionResult;
import online.hypermesh.trustchain.api.names.ServiceAddress;

/** Names, certificates and access, once before and once after the outside is switched off. Confined to one thread. */
final class ServiceSteps {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final DemoNetwork network;
    private final NodeClient operator;
    private final Progress progress;
    private boolean denied;
    private boolean allowed;

    ServiceSteps(DemoNetwork network, NodeClient operator, Progress progress) {
        this.network = network;
        this.operator = operator;
        this.progress = progress;
    }

    boolean denied() {
        return denied;
    }

    boolean allowed() {
        return allowed;
    }

    void run(String label, String number) {
        name(label, number);
        certificate();
        access(label);
    }

    static ServiceAddress loopback(int port) {
        try {
            return new ServiceAddress((Inet6Address) InetAddress.getByName("::1"), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("::1 is a literal address", e);
        }
    }

    private void name(String label, String number) {
        String name = "shop-" + label + "." + NameRules.suffix(network.network().genesis());
        ServiceAddress address = loopback(4430 + Integer.parseInt(number));
        Receipt receipt = operator.apply(
                network.id("n1"),
                NameRecord.MODULE,
                new NameInstruction.Register(name, new NameRecord.Content(List.of(address), List.of(), 60)).encode());
        reach("n3", receipt.height() + 1); // the block that certifies the state after it
        ResolutionResult result = operator.resolve(network.id("n3"), name);
        StepFailedException.require(
                result.found()
                        && result.addresses().equals(List.of(address))
                        && result.source() == NameSource.OWN_LEDGER,
                name + " resolved on n3 to " + result);
        long height = result.proof()
                .orElseThrow(() -> new StepFailedException(name + " came without a proof"))
                .height();
        progress.line(name + " registered through n1, resolved on n3 to " + address
                + "; proof holds against the state after" + " block " + height);
    }

    private void certificate() {
        List<X509Certificate> chain = operator.chainOf(network.id("n1"));
        CheckedLeaf checked = operator.validate(network.id("n4"), chain);
        StepFailedException.require(
                checked.accepted() && checked.phase() == 3 && checked.provenHeight() > 0,
                "n4 did not accept n1's certificate: " + checked);
        progress.line("n4 validated n1's certificate "
                + chain.get(0).getSerialNumber().toString(16) + ": " + checked.detail() + ", " + checked.basis()
                + " at height " + checked.provenHeight());
    }

    private void access(String label) {
        try (NodeKeys keys = NodeKeys.generate(new SecureRandom())) {
            Receipt enrolled = operator.apply(
                    network.id("n1"),
                    PolicyState.MODULE,
                    new PolicyCommand.Enroll(keys.node().verifyKey(), "guest-" + label).encode());
            reach("n1", enrolled.height());
            reach("n3", enrolled.height());
            try (NodeClient guest = NodeClient.open(
                    network.network().genesis(),
                    keys,
                    network.nodes().stream().map(LocalNode::endpoint).toList(),
                    PATIENCE,
                    new MemoryChunkIndex(1))) {
                guest.certify(network.id("n3"));
                denied = refusal(guest, label);
                Receipt granted = operator.apply(
                        network.id("n1"),
                        PolicyState.MODULE,
                        new PolicyCommand.Grant(new Rule(
                                        "guest-" + label + "-reads",
                                        new Subject.Node(keys.id()),
                                        new ActionPattern("content.get"),
                                        new Resource("/assets"),
                                        Effect.ALLOW))
                                .encode());
                reach("n3", granted.height());
                int assets = guest.assets(network.id("n3")).size();
                allowed = true;
                progress.line("after the policy transaction final at height " + granted.height()
                        + " the same request is allowed: " + assets + " assets listed");
            }
        }
    }

    private boolean refusal(NodeClient guest, String label) {
        try {
            guest.assets(network.id("n3"));
        } catch (CodedException e) {
            boolean byPolicy = e instanceof StoqException s && "DENIED".equals(s.remoteCode());
            StepFailedException.require(
                    byPolicy, "guest-" + label + " was refused for another reason: " + e.getMessage());
            progress.line("guest-" + label + " is denied: " + e.getMessage());
            return true;
        }
        throw new StepFailedException("guest-" + label + " listed the assets without a rule that allows it");
    }

    private void reach(String node, long height) {
        Waiting.until(node + " reaching height " + height, PATIENCE, () -> {
            long now = operator.status(network.id(node)).finalizedHeight();
            return now >= height ? Optional.of(now) : Optional.empty();
        });
    }
}
