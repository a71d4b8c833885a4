package online.hypermesh.auth;

import java.util.Map;
import java.util.Optional;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.auth.api.Action;
import online.hypermesh.auth.api.Decision;
import online.hypermesh.auth.api.PolicyState;
import online.hypermesh.auth.api.Resource;

/**
 * Decides by the policy in the ledger whether a sender may address a module. Each module stands for one action on one
 * resource as a whole; the payload is not looked at, so rules about resources beneath it are for the node's own operations
 * and do not reach transactions.
 *
 * <table>
 *   <caption>Action and resource per module</caption>
 *   <tr><th>module</th><th>action</th><th>resource</th></tr>
 *   <tr><td>assets</td><td>content.put</td><td>/content</td></tr>
 *   <tr><td>names</td><td>names.register</td><td>/names</td></tr>
 *   <tr><td>certificates</td><td>certificates.issue</td><td>/certificates</td></tr>
 *   <tr><td>network</td><td>network.attest</td><td>/network</td></tr>
 *   <tr><td>policy</td><td colspan="2">every member passes, and the module decides by its command</td></tr>
 *   <tr><td>any other</td><td>MODULE.submit</td><td>/MODULE</td></tr>
 * </table>
 *
 * <p>Stateless and deterministic.
 */
public final class LedgerTransactionGate implements TransactionGate {
    private static final Map<String, Action> ACTIONS = Map.of(
            "assets", Action.CONTENT_PUT,
            "names", Action.NAMES_REGISTER,
            "certificates", Action.CERTIFICATES_ISSUE,
            "network", Action.NETWORK_ATTEST);

    /** Creates the gate. */
    public LedgerTransactionGate() {}

    /**
     * The action a sender needs in order to address a module.
     *
     * @param module name of a ledger module
     * @return the action
     */
    public static Action actionFor(String module) {
        Action action = ACTIONS.get(module);
        return action == null ? new Action(module + ".submit") : action;
    }

    /**
     * The resource on which a sender needs that action: the first segment of the action.
     *
     * @param module name of a ledger module
     * @return the resource
     */
    public static Resource resourceFor(String module) {
        String action = actionFor(module).name();
        return new Resource("/" + action.substring(0, action.indexOf('.')));
    }

    @Override
    public Optional<Outcome.Refused> refusal(ExecutionContext context) {
        String module = context.transaction().module();
        PolicyView view = new PolicyView(context.stateOf(PolicyState.MODULE));
        if (module.equals(PolicyState.MODULE) && view.member(context.sender()).isPresent()) {
            return Optional.empty();
        }
        Decision decision = view.decide(context.sender(), actionFor(module), resourceFor(module));
        return decision.allowed()
                ? Optional.empty()
                : Optional.of(new Outcome.Refused(decision.reason().name(), decision.explanation()));
    }
}
