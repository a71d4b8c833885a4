package online.hypermesh.arch;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every rule of {@link LayerRules} and {@link HouseRules} reports the violation planted for it, and nothing else in that tree. */
class PlantedViolationsTests {
    private static final Map<String, JavaClasses> READ = new HashMap<>();

    @Test
    void packageOutsideThePlan() {
        assertReported(
                "unknown", root -> new LayerRules(root).everyClassBelongsToAPart(), "planted.unknown.somewhere.Stray");
    }

    @Test
    void apiThatLooksUpwardsOrIntoAnImplementation() {
        assertReported(
                "apis",
                root -> new LayerRules(root).apisSeeOnlyLowerApis(),
                "KERNEL_API may not see TRUSTCHAIN_API",
                "TRUSTCHAIN_API may not see TRUSTCHAIN:");
    }

    @Test
    void implementationThatSeesALowerImplementationOrAnApiAboveIt() {
        assertReported(
                "implementations",
                root -> new LayerRules(root).implementationsSeeOnlyApis(),
                "TRUSTCHAIN may not see KERNEL:",
                "KERNEL may not see TRUSTCHAIN_API");
    }

    @Test
    void servicesOutOfOrderOrPastAnApi() {
        assertReported(
                "services",
                root -> new LayerRules(root).servicesKeepTheirOrder(),
                "TRUSTCHAIN may not see AUTH_API",
                "AUTH may not see TRUSTCHAIN:");
    }

    @Test
    void implementationNamedByALibrary() {
        assertReported(
                "assemblies",
                root -> new LayerRules(root).onlyAssembliesNameImplementations(),
                "BOOTSTRAP may not see KERNEL:");
    }

    @Test
    void assemblySeenFromBelow() {
        assertReported(
                "top",
                root -> new LayerRules(root).nothingSeesAnAssembly(),
                "TRUSTCHAIN may not see NODE",
                "NODE may not see TESTING");
    }

    @Test
    void cycleOfPackages() {
        assertReported(
                "cycles", root -> new LayerRules(root).packagesAreFreeOfCycles(), "Cycle detected: Slice stoq -> ");
    }

    @Test
    void kernelPackagesOutOfOrder() {
        assertReported(
                "kernel",
                root -> new LayerRules(root).kernelPackagesKeepTheirOrder(),
                "seal may not see ledger",
                "consensus may not see content",
                "without a step: 'elsewhere'");
    }

    @Test
    void coreWithFilesSocketsTransportOrStore() {
        assertReported(
                "files",
                root -> new LayerRules(root).coresAreFreeOfInputOutput(),
                "planted.files.impl.consensus.Engine.read(java.nio.file.Path)",
                "planted.files.impl.consensus.Engine.port(java.net.Socket)",
                "planted.files.bootstrap.Phases.accept(planted.files.stoq.Transport)",
                "planted.files.impl.proof.Eligibility.accept(planted.files.impl.storage.Segments)");
    }

    @Test
    void coreWithThreads() {
        assertReported(
                "threads",
                root -> new LayerRules(root).coresAreFreeOfThreads(),
                "planted.threads.impl.consensus.Engine.start(java.lang.Runnable)",
                "planted.threads.impl.consensus.Engine.await(java.util.concurrent.CompletableFuture)");
    }

    @Test
    void coreThatAsksTheMachine() {
        assertReported(
                "clock",
                root -> new LayerRules(root).coresAreFreeOfClockAndChance(),
                "planted.clock.bootstrap.Phases.nanos()",
                "planted.clock.bootstrap.Phases.instant()",
                "planted.clock.bootstrap.Phases.clock()",
                "planted.clock.bootstrap.Phases.chance()",
                "planted.clock.bootstrap.Phases.secureChance()",
                "planted.clock.bootstrap.Phases.shuffle(java.util.List)");
    }

    @Test
    void groundFloorWithFiles() {
        assertReported(
                "ground",
                root -> new LayerRules(root).theGroundFloorHasNoInputOutput(),
                "planted.ground.stoq.base.Encoding.read(java.nio.file.Path)");
    }

    @Test
    void javaSerialization() {
        assertReported(
                "serialization",
                root -> new LayerRules(root).nothingUsesJavaSerialization(),
                "planted.serialization.api.ledger.Block implements java.io.Serializable",
                "planted.serialization.impl.storage.Segments.read(java.io.InputStream)");
    }

    @Test
    void providerLookedUpPastTheFinder() {
        assertReported(
                "providers",
                root -> new LayerRules(root).onlyApisLookUpProviders(),
                "planted.providers.node.Wiring.ledgers()");
    }

    @Test
    void kwikSeenOutsideItsEngine() {
        assertReported(
                "foreign",
                root -> new LayerRules(root).onlyItsEngineSeesKwik(),
                "planted.foreign.stoq.netty.Shortcut.id");
    }

    @Test
    void coreThatOnlyTheSimulatorRuns() {
        assertReported(
                "twins",
                root -> new LayerRules(root).theSimulatorRunsTheProductionCore(),
                "planted.twins.impl.consensus.TrialCore is not made by the production driver",
                "planted.twins.impl.consensus.LiveCore is not made by the simulator");
    }

    @Test
    void emptyNames() {
        assertReported(
                "names",
                root -> new HouseRules(root).classesAreNamedByWhatTheyAre(),
                "planted.names.stoq.CryptoUtil",
                "planted.names.impl.storage.StorageManagerImpl");
    }

    @Test
    void libraryThatEndsTheProcess() {
        assertReported(
                "exits",
                root -> new HouseRules(root).onlyProgramsEndTheProcess(),
                "planted.exits.stoq.Transport.fail()");
    }

    @Test
    void libraryThatPrints() {
        assertReported(
                "prints",
                root -> new HouseRules(root).onlyProgramsPrint(),
                "planted.prints.stoq.Transport.tell()",
                "planted.prints.stoq.Transport.tell(java.lang.Exception)");
    }

    @Test
    void libraryThatChoosesALogger() {
        assertReported(
                "logs", root -> new HouseRules(root).librariesLogThroughSystemLogger(), "planted.logs.stoq.Transport");
    }

    @Test
    void everyRuleHasItsPlantedViolation() {
        List<String> trees = List.of(
                "unknown",
                "apis",
                "implementations",
                "services",
                "assemblies",
                "top",
                "cycles",
                "kernel",
                "files",
                "threads",
                "clock",
                "ground",
                "serialization",
                "providers",
                "foreign",
                "twins",
                "twins",
                "names",
                "exits",
                "prints",
                "logs");
        int rules = rulesOver("planted").size();
        for (int i = 0; i < rules; i++) {
            int rule = i;
            assertThat(trees)
                    .as(
                            "trees that break the rule: %s",
                            rulesOver("planted").get(rule).getDescription())
                    .anyMatch(tree -> rulesOver("planted." + tree)
                            .get(rule)
                            .evaluate(classesOf(tree))
                            .hasViolation());
        }
    }

    private static List<ArchRule> rulesOver(String root) {
        return Stream.concat(new LayerRules(root).all().stream(), new HouseRules(root).all().stream())
                .toList();
    }

    private static void assertReported(String tree, Function<String, ArchRule> rule, String... expected) {
        List<String> reported = rule.apply("planted." + tree)
                .evaluate(classesOf(tree))
                .getFailureReport()
                .getDetails();
        for (String each : expected) {
            assertThat(reported).anyMatch(message -> message.contains(each));
        }
        assertThat(reported).allMatch(message -> Arrays.stream(expected).anyMatch(message::contains));
    }

    private static JavaClasses classesOf(String tree) {
        JavaClasses classes =
                READ.computeIfAbsent(tree, name -> new ClassFileImporter().importPackages("planted." + name));
        assertThat(classes).as("classes below planted.%s", tree).isNotEmpty();
        return classes;
    }
}
