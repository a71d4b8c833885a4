/**
 * The phased bootstrapper without I/O: facts in, commands out. The driver around {@link
 * online.hypermesh.bootstrap.PhaseMachine} tells it what became true and does what it asks, in the order it asks.
 *
 * <table>
 *   <caption>Edges, the facts behind them, and their ceilings (counted from the start of the machine)</caption>
 *   <tr><th>edge</th><th>the node is ready when it holds</th><th>the edge opens with</th><th>ceiling</th></tr>
 *   <tr><td>0 → 1</td><td>nothing to attest</td>
 *       <td>GENESIS_LOADED, LISTEN_BOUND, QUORUM_CONNECTED, LEAF_ISSUED</td><td>10 s</td></tr>
 *   <tr><td>1 → 2</td>
 *       <td>QUORUM_CONNECTED, LEAF_ISSUED, LEAF_FINALIZED, STAPLE_OBTAINED, LEDGER_CERTIFIED, NAMES_AGREE; then it attests</td>
 *       <td>GENESIS_LOADED, NETWORK_IN_PHASE_2</td><td>30 s</td></tr>
 *   <tr><td>2 → 3</td><td>the same and MEMBER_LEAVES_FINALIZED; then it attests</td>
 *       <td>GENESIS_LOADED, NETWORK_IN_PHASE_3</td><td>5 min</td></tr>
 *   <tr><td>n → lower</td><td></td><td>a valid {@link online.hypermesh.bootstrap.SignedPhaseCommand}, and nothing else</td>
 *       <td></td></tr>
 * </table>
 *
 * <p>NETWORK_IN_PHASE_n is a finalized fact: more than two thirds of the stake attested its readiness in the ledger module
 * {@link online.hypermesh.bootstrap.NetworkPhaseModule}. A node that learns it from a verified {@link
 * online.hypermesh.bootstrap.Checkpoint} adopts that phase from wherever it stands. When a ceiling passes, an alarm names the
 * missing facts; the node stays and keeps trying. Losing the quorum in Phase 2 or 3 makes it DEGRADED, never lower.
 */
@NullMarked
package online.hypermesh.bootstrap;

import org.jspecify.annotations.NullMarked;
