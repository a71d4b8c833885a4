package online.hypermesh.node.service;

import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import online.hypermesh.api.asset.Asset;
import online.hypermesh.api.asset.AssetRegistry;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.auth.api.Action;
import online.hypermesh.auth.api.AuthProvider;
import online.hypermesh.auth.api.Resource;
import online.hypermesh.bootstrap.SignedPhaseCommand;
import online.hypermesh.node.operation.AssetEntry;
import online.hypermesh.node.operation.CheckedLeaf;
import online.hypermesh.node.operation.NodeRequest;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.node.operation.PhaseStep;
import online.hypermesh.node.operation.ResolvedName;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.trustchain.api.TrustPhase;
import online.hypermesh.trustchain.api.certificates.CertificateValidator;
import online.hypermesh.trustchain.api.certificates.LeafVerdict;
import online.hypermesh.trustchain.api.names.NameResolver;

/**
 * Answers {@link NodeRequest}s. Every request is an action on a resource, decided by the policy before anything else happens;
 * a refusal carries the explained decision. Thread-safe.
 */
final class NodeService implements RequestHandler {
    /** Switching a node's connection to the world outside; operators may. */
    static final Action CONFIGURE = new Action("node.configure");

    private static final Pattern MODULE_NAME = Pattern.compile("[a-z0-9-]{1,32}");

    private final DeferredLedger ledger;
    private final AuthProvider auth;
    private final Parts parts;

    /** What the answers come from. */
    record Parts(
            Supplier<NodeStatus> status,
            Supplier<List<PhaseStep>> phases,
            Supplier<TrustPhase> trustPhase,
            Supplier<Optional<Degradation>> degraded,
            NameResolver names,
            CertificateValidator leaves,
            AssetRegistry assets,
            Runnable cutTraditionalDns,
            Function<SignedPhaseCommand, Optional<String>> lowerPhase,
            Duration patience,
            Clock clock) {}

    NodeService(DeferredLedger ledger, AuthProvider auth, Parts parts) {
        this.ledger = ledger;
        this.auth = auth;
        this.parts = parts;
    }

    @Override
    public byte[] handle(PeerIdentity peer, byte[] body) {
        NodeRequest request = NodeRequest.decode(body);
        auth.decide(auth.authenticate(peer), actionOf(request), resourceOf(request))
                .require();
        return answer(request);
    }

    private static Action actionOf(NodeRequest request) {
        if (request instanceof NodeRequest.Submit) {
            return Action.LEDGER_SUBMIT;
        } else if (request instanceof NodeRequest.Prove) {
            return Action.LEDGER_READ;
        } else if (request instanceof NodeRequest.Resolve) {
            return Action.NAMES_RESOLVE;
        } else if (request instanceof NodeRequest.ValidateLeaf) {
            return Action.CERTIFICATES_VALIDATE;
        } else if (request instanceof NodeRequest.ListAssets || request instanceof NodeRequest.FindAsset) {
            return Action.CONTENT_GET;
        } else if (request instanceof NodeRequest.CutTraditionalDns || request instanceof NodeRequest.LowerPhase) {
            return CONFIGURE;
        }
        return Action.STATUS_READ;
    }

    private static Resource resourceOf(NodeRequest request) {
        if (request instanceof NodeRequest.Submit) {
            return new Resource("/ledger");
        } else if (request instanceof NodeRequest.Prove r) {
            return new Resource(MODULE_NAME.matcher(r.module()).matches() ? "/ledger/" + r.module() : "/ledger");
        } else if (request instanceof NodeRequest.Resolve) {
            return new Resource("/names");
        } else if (request instanceof NodeRequest.ValidateLeaf) {
            return new Resource("/certificates");
        } else if (request instanceof NodeRequest.FindAsset r) {
            return new Resource("/assets/" + r.id().toHex());
        } else if (request instanceof NodeRequest.ListAssets) {
            return new Resource("/assets");
        } else if (request instanceof NodeRequest.CutTraditionalDns) {
            return new Resource("/node/traditional-dns");
        } else if (request instanceof NodeRequest.LowerPhase) {
            return new Resource("/node/phase");
        }
        return new Resource("/status");
    }

    private byte[] answer(NodeRequest request) {
        if (request instanceof NodeRequest.Submit r) {
            return submit(r);
        } else if (request instanceof NodeRequest.Prove r) {
            return ledger.prove(r.module(), r.key()).encode();
        } else if (request instanceof NodeRequest.Resolve r) {
            return new ResolvedName(parts.names().resolve(r.name(), parts.patience())).encode();
        } else if (request instanceof NodeRequest.ValidateLeaf r) {
            return validate(r);
        } else if (request instanceof NodeRequest.ListAssets r) {
            return list(r);
        } else if (request instanceof NodeRequest.FindAsset r) {
            return find(r);
        } else if (request instanceof NodeRequest.PhaseHistory) {
            CborWriter w = new CborWriter(1024);
            return w.list(parts.phases().get(), (o, s) -> s.writeTo(o)).toBytes();
        } else if (request instanceof NodeRequest.CutTraditionalDns) {
            parts.cutTraditionalDns().run();
            return new byte[0];
        } else if (request instanceof NodeRequest.LowerPhase r) {
            return lower(r);
        }
        return parts.status().get().encode();
    }

    private byte[] submit(NodeRequest.Submit request) {
        Optional<Degradation> degraded = parts.degraded().get();
        if (degraded.isPresent()) {
            throw degraded.get().refusal();
        }
        Transaction transaction;
        try {
            transaction = Transaction.decode(request.transaction());
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(Code.MALFORMED, Retry.NEVER, "not a transaction: " + e.getMessage(), e);
        }
        return await(ledger.submit(transaction).toCompletableFuture(), request.waitMillis())
                .encode();
    }

    static Receipt await(java.util.concurrent.Future<Receipt> receipt, long millis) {
        try {
            return receipt.get(millis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new HypermeshException(
                    Code.TIMEOUT,
                    Retry.WHOLE_OPERATION,
                    "the transaction was not final within " + millis
                            + " ms and may still become so. Ask for its effect before sending another",
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof CodedException coded) {
                throw coded;
            }
            throw new IllegalStateException("the ledger failed to take a transaction", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypermeshException(Code.CLOSED, Retry.WHOLE_OPERATION, "the node is stopping", e);
        }
    }

    private byte[] validate(NodeRequest.ValidateLeaf request) {
        TrustPhase phase = parts.trustPhase().get();
        List<X509Certificate> chain = new ArrayList<>();
        for (byte[] der : request.chain()) {
            chain.add(FactFinder.parse(der)
                    .orElseThrow(() -> new HypermeshException(
                            Code.MALFORMED,
                            Retry.NEVER,
                            "the chain holds something that is not an X.509 certificate")));
        }
        LeafVerdict verdict =
                parts.leaves().validate(chain, request.staple(), parts.clock().millis(), phase);
        boolean full = verdict.reason() == LeafVerdict.Reason.VALID;
        long height = verdict.provenHeight()
                .orElse(full && phase.isAtLeast(TrustPhase.PHASE_2) ? ledger.finalizedHeight() : 0L);
        return new CheckedLeaf(
                        full,
                        phase.number(),
                        verdict.reason().name(),
                        verdict.basis().map(Enum::name).orElse(""),
                        verdict.detail()
                                + verdict.issuer()
                                        .map(i -> " (issued by " + i + ")")
                                        .orElse(""),
                        height)
                .encode();
    }

    private byte[] lower(NodeRequest.LowerPhase request) {
        SignedPhaseCommand command;
        try {
            command = SignedPhaseCommand.decode(request.command());
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(Code.MALFORMED, Retry.NEVER, "not a phase command: " + e.getMessage(), e);
        }
        parts.lowerPhase().apply(command).ifPresent(why -> {
            throw new HypermeshException(Code.DENIED, Retry.NEVER, "the phase is not lowered: " + why);
        });
        return parts.status().get().encode();
    }

    private byte[] list(NodeRequest.ListAssets request) {
        List<Asset> all = parts.assets().list();
        int from = Math.min(request.skip(), all.size());
        List<Asset> page = all.subList(from, Math.min(all.size(), from + request.limit()));
        return new CborWriter(4096)
                .list(page, (o, a) -> new AssetEntry(a).writeTo(o))
                .toBytes();
    }

    private byte[] find(NodeRequest.FindAsset request) {
        Asset asset = parts.assets()
                .find(request.id())
                .orElseThrow(() -> new HypermeshException(
                        Code.NOT_FOUND,
                        Retry.NEVER,
                        "no asset " + HexFormat.of().formatHex(request.id().toBytes()) + " is finalized at height "
                                + ledger.finalizedHeight()));
        CborWriter w = new CborWriter(4096);
        new AssetEntry(asset).writeTo(w);
        return w.toBytes();
    }
}
