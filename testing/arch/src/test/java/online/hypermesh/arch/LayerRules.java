package online.hypermesh.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;

/** Who may see whom, as rules over the classes below one root package. */
final class LayerRules {
    private static final Set<String> SERIALIZATION = Set.of(
            "java.io.ObjectInputStream",
            "java.io.ObjectOutputStream",
            "java.io.ObjectInputFilter",
            "java.io.Externalizable",
            "java.io.ObjectStreamField");
    private static final Set<String> SERIALIZATION_HOOKS =
            Set.of("writeObject", "readObject", "readObjectNoData", "writeReplace", "readResolve");

    private final String root;

    LayerRules(String root) {
        this.root = root;
    }

    /** All rules, for a check that each has its planted violation. */
    List<ArchRule> all() {
        return List.of(
                everyClassBelongsToAPart(),
                apisSeeOnlyLowerApis(),
                implementationsSeeOnlyApis(),
                servicesKeepTheirOrder(),
                onlyAssembliesNameImplementations(),
                nothingSeesAnAssembly(),
                packagesAreFreeOfCycles(),
                kernelPackagesKeepTheirOrder(),
                coresAreFreeOfInputOutput(),
                coresAreFreeOfThreads(),
                coresAreFreeOfClockAndChance(),
                theGroundFloorHasNoInputOutput(),
                nothingUsesJavaSerialization(),
                onlyApisLookUpProviders(),
                onlyItsEngineSeesKwik(),
                theSimulatorRunsTheProductionCore());
    }

    ArchRule everyClassBelongsToAPart() {
        return classes()
                .that(are("classes of the suite", type -> true))
                .should(condition("belong to a part of the plan", (type, events) -> {
                    if (Part.of(root, type).isEmpty()) {
                        report(events, type, type.getName() + " is in no part of the plan");
                    }
                }));
    }

    ArchRule apisSeeOnlyLowerApis() {
        return dependencies(
                "API packages see only lower API packages",
                part -> part.kind == Part.Kind.API || part.kind == Part.Kind.GROUND,
                (from, to) -> from.maySee(to));
    }

    ArchRule implementationsSeeOnlyApis() {
        return dependencies(
                "implementations see their own API, lower APIs and the ground floor",
                part -> part.kind == Part.Kind.IMPLEMENTATION,
                (from, to) -> from.maySee(to));
    }

    ArchRule servicesKeepTheirOrder() {
        return dependencies(
                "services see each other through APIs, in the order trustchain, auth, federation",
                part -> part.layer == 2,
                (from, to) -> to.layer != 2 || from.maySee(to));
    }

    ArchRule onlyAssembliesNameImplementations() {
        return dependencies(
                "only assemblies and testing name implementations",
                part -> part.kind != Part.Kind.ASSEMBLY,
                (from, to) -> to.kind != Part.Kind.IMPLEMENTATION || from.maySee(to));
    }

    ArchRule nothingSeesAnAssembly() {
        return dependencies(
                "assemblies are seen by testing only",
                part -> part != Part.TESTING,
                (from, to) -> to.kind != Part.Kind.ASSEMBLY || from == to);
    }

    ArchRule packagesAreFreeOfCycles() {
        return slices().matching(root + ".(**)").should().beFreeOfCycles();
    }

    ArchRule kernelPackagesKeepTheirOrder() {
        return classes()
                .that(are(
                        "classes of the kernel",
                        type -> partOf(type).filter(Part.KERNEL::equals).isPresent()))
                .should(condition("see only kernel packages on earlier steps", (type, events) -> {
                    String own = kernelPackage(type);
                    if (KernelOrder.stepOf(own) < 0) {
                        report(events, type, type.getName() + " is in a kernel package without a step: '" + own + "'");
                        return;
                    }
                    for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                        JavaClass target = dependency.getTargetClass().getBaseComponentType();
                        if (partOf(target).filter(Part.KERNEL::equals).isEmpty()) {
                            continue;
                        }
                        String other = kernelPackage(target);
                        if (!other.equals(own) && KernelOrder.stepOf(other) >= KernelOrder.stepOf(own)) {
                            report(events, type, own + " may not see " + other + ": " + dependency.getDescription());
                        }
                    }
                }))
                .allowEmptyShould(true);
    }

    ArchRule coresAreFreeOfInputOutput() {
        return cores("be free of sockets and files", (type, events) -> {
            reportDependencies(type, events, Purity::isInputOutput);
            // storage and transport are where files and sockets are: a core emits an action instead
            reportDependencies(
                    type,
                    events,
                    target -> inPackage(target, "impl.storage")
                            || inPackage(target, "api.storage")
                            || partOf(target)
                                            .filter(part -> part.layer == 0 && part != Part.STOQ_BASE)
                                            .isPresent()
                                    && !target.isAssignableTo(Throwable.class));
        });
    }

    ArchRule coresAreFreeOfThreads() {
        return cores("be free of threads", (type, events) -> reportDependencies(type, events, Purity::isConcurrency));
    }

    ArchRule coresAreFreeOfClockAndChance() {
        return cores("be free of the system clock and unseeded randomness", (type, events) -> {
            reportDependencies(type, events, Purity::isUnseededChance);
            reportAccesses(type, events);
        });
    }

    ArchRule theGroundFloorHasNoInputOutput() {
        return classes()
                .that(are(
                        "classes of the ground floor",
                        type -> partOf(type).filter(Part.STOQ_BASE::equals).isPresent()))
                .should(condition("be free of sockets, files and threads", (type, events) -> {
                    reportDependencies(type, events, Purity::isInputOutput);
                    reportDependencies(type, events, Purity::isConcurrency);
                }))
                .allowEmptyShould(true);
    }

    ArchRule nothingUsesJavaSerialization() {
        return classes()
                .that(are("classes of the suite", type -> true))
                .should(condition("stay away from Java serialization", (type, events) -> {
                    reportDependencies(type, events, target -> SERIALIZATION.contains(target.getName()));
                    if (type.getRawInterfaces().stream()
                            .anyMatch(i -> i.getName().equals("java.io.Serializable"))) {
                        report(events, type, type.getName() + " implements java.io.Serializable");
                    }
                    for (JavaMethod method : type.getMethods()) {
                        if (SERIALIZATION_HOOKS.contains(method.getName())) {
                            report(events, type, method.getFullName() + " is a hook of Java serialization");
                        }
                    }
                }));
    }

    /** An API's finder of providers is in the API, or for STOQ next to the logic that every engine is plugged into. */
    ArchRule onlyApisLookUpProviders() {
        return classes()
                .that(are(
                        "classes outside the APIs",
                        type -> partOf(type)
                                .filter(part -> part.kind == Part.Kind.API || part == Part.STOQ_LOGIC)
                                .isEmpty()))
                .should(condition(
                        "leave looking up providers to the API's finder",
                        (type, events) -> reportDependencies(
                                type, events, target -> target.getName().equals("java.util.ServiceLoader"))))
                .allowEmptyShould(true);
    }

    /** Kwik and its TLS are LGPL: one replaceable module depends on them; a bench in testing may stand plain Kwik beside it. */
    ArchRule onlyItsEngineSeesKwik() {
        return classes()
                .that(are(
                        "classes outside the Kwik engine and testing",
                        type -> partOf(type)
                                .filter(part -> part == Part.STOQ_KWIK || part == Part.TESTING)
                                .isEmpty()))
                .should(condition(
                        "know nothing of Kwik",
                        (type, events) -> reportDependencies(
                                type, events, target -> target.getPackageName().startsWith("tech.kwik"))))
                .allowEmptyShould(true);
    }

    /**
     * What is simulated is what runs: one class, made by the production driver and by the simulator alike, or by a core
     * that both make.
     */
    ArchRule theSimulatorRunsTheProductionCore() {
        return classes()
                .that(are(
                        "cores of consensus and of the hash table",
                        type -> isCore(type)
                                && (inPackage(type, "impl.consensus") || inPackage(type, "impl.dht"))
                                && type.getSimpleName().endsWith("Core")))
                .should(condition("be made by the production driver and by the simulator", (type, events) -> {
                    Set<JavaClass> makers = makersOf(type);
                    String driver = type.getPackageName() + ".driver";
                    if (makers.stream()
                            .noneMatch(maker -> maker.getPackageName().equals(driver))) {
                        report(events, type, type.getName() + " is not made by the production driver");
                    }
                    if (makers.stream().noneMatch(maker -> inPackage(maker, "sim"))) {
                        report(events, type, type.getName() + " is not made by the simulator");
                    }
                }))
                .allowEmptyShould(true);
    }

    /** The classes that make one, and those that make the cores among them. */
    private Set<JavaClass> makersOf(JavaClass type) {
        Set<JavaClass> makers = new HashSet<>();
        Deque<JavaClass> made = new ArrayDeque<>(List.of(type));
        while (!made.isEmpty()) {
            for (JavaAccess<?> call : made.pop().getConstructorCallsToSelf()) {
                JavaClass maker = call.getOriginOwner();
                if (makers.add(maker) && isCore(maker)) {
                    made.push(maker);
                }
            }
        }
        return makers;
    }

    private ArchRule cores(String description, Check check) {
        return classes()
                .that(are("cores", this::isCore))
                .should(condition(description, check))
                .allowEmptyShould(true);
    }

    /** Cores decide; what does their I/O lives in a {@code driver} package below them or in another package altogether. */
    boolean isCore(JavaClass type) {
        String name = type.getPackageName();
        boolean decides = inPackage(type, "impl.consensus")
                || inPackage(type, "impl.proof")
                || inPackage(type, "impl.dht")
                || inPackage(type, "bootstrap")
                || inPackage(type, "federation.core");
        return decides && !name.endsWith(".driver") && !name.contains(".driver.");
    }

    private ArchRule dependencies(
            String description, java.util.function.Predicate<Part> from, BiPredicate<Part, Part> allowed) {
        return classes()
                .that(are(
                        "classes of the parts in question",
                        type -> partOf(type).filter(from).isPresent()))
                .should(condition("keep to: " + description, (type, events) -> {
                    Part own = partOf(type).orElseThrow();
                    for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                        JavaClass target = dependency.getTargetClass().getBaseComponentType();
                        partOf(target)
                                .filter(part -> !allowed.test(own, part))
                                .ifPresent(part -> report(
                                        events,
                                        type,
                                        own + " may not see " + part + ": " + dependency.getDescription()));
                    }
                }))
                .as(description)
                .allowEmptyShould(true);
    }

    private Optional<Part> partOf(JavaClass type) {
        return Part.of(root, type);
    }

    private boolean inPackage(JavaClass type, String relative) {
        String name = type.getPackageName();
        String wanted = root + "." + relative;
        return name.equals(wanted) || name.startsWith(wanted + ".");
    }

    private String kernelPackage(JavaClass type) {
        String prefix = root + ".impl";
        String name = type.getPackageName();
        if (name.equals(prefix)) {
            return "";
        }
        String rest = name.substring(prefix.length() + 1);
        int dot = rest.indexOf('.');
        return dot < 0 ? rest : rest.substring(0, dot);
    }

    private static void reportDependencies(
            JavaClass type, ConditionEvents events, java.util.function.Predicate<JavaClass> forbidden) {
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
            if (forbidden.test(dependency.getTargetClass().getBaseComponentType())) {
                report(events, type, dependency.getDescription());
            }
        }
    }

    private static void reportAccesses(JavaClass type, ConditionEvents events) {
        for (JavaAccess<?> access : type.getAccessesFromSelf()) {
            if (Purity.asksTheMachine(access)) {
                report(events, type, access.getDescription());
            }
        }
    }

    private static void report(ConditionEvents events, JavaClass type, String message) {
        events.add(SimpleConditionEvent.violated(type, message));
    }

    private static DescribedPredicate<JavaClass> are(
            String description, java.util.function.Predicate<JavaClass> predicate) {
        return DescribedPredicate.describe("are " + description, predicate);
    }

    private static ArchCondition<JavaClass> condition(String description, Check check) {
        return new ArchCondition<>(description) {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                check.check(type, events);
            }
        };
    }

    private interface Check {
        void check(JavaClass type, ConditionEvents events);
    }
}
