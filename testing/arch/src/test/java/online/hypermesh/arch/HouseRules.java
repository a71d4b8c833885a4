package online.hypermesh.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;

/** How the code of the suite is named and what libraries leave to the program that embeds them. */
final class HouseRules {
    private static final Pattern EMPTY_NOUN = Pattern.compile(".*(Manager|Util|Utils|Helper|Impl)");

    /** Words of the system's own vocabulary. */
    private static final Set<String> VOCABULARY = Set.of("RuntimeManager", "PackageManager");

    private static final List<String> FOREIGN_LOGGERS =
            List.of("org.slf4j", "java.util.logging", "org.apache.logging", "org.apache.commons.logging");

    private final String root;

    HouseRules(String root) {
        this.root = root;
    }

    List<ArchRule> all() {
        return List.of(
                classesAreNamedByWhatTheyAre(),
                onlyProgramsEndTheProcess(),
                onlyProgramsPrint(),
                librariesLogThroughSystemLogger());
    }

    ArchRule classesAreNamedByWhatTheyAre() {
        return everyClass("have a name that says what they are", (type, events) -> {
            if (EMPTY_NOUN.matcher(type.getSimpleName()).matches() && !VOCABULARY.contains(type.getSimpleName())) {
                report(events, type, type.getName() + " is named Manager, Util, Helper or Impl");
            }
        });
    }

    ArchRule onlyProgramsEndTheProcess() {
        return everyClass("leave ending the process to programs", (type, events) -> {
            for (JavaAccess<?> access : type.getAccessesFromSelf()) {
                String owner = access.getTargetOwner().getName();
                String call = access.getTarget().getName();
                boolean ends = owner.equals("java.lang.System") && call.equals("exit")
                        || owner.equals("java.lang.Runtime") && (call.equals("exit") || call.equals("halt"));
                if (ends && !inProgram(type)) {
                    report(events, type, access.getDescription());
                }
            }
        });
    }

    ArchRule onlyProgramsPrint() {
        return everyClass("leave the terminal to programs", (type, events) -> {
            for (JavaAccess<?> access : type.getAccessesFromSelf()) {
                String owner = access.getTargetOwner().getName();
                String name = access.getTarget().getName();
                boolean prints = owner.equals("java.lang.System")
                                && Set.of("out", "err", "in").contains(name)
                        || name.equals("printStackTrace");
                if (prints && !inProgram(type)) {
                    report(events, type, access.getDescription());
                }
            }
        });
    }

    ArchRule librariesLogThroughSystemLogger() {
        return everyClass("log through System.Logger", (type, events) -> {
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                String target = dependency.getTargetClass().getPackageName();
                if (FOREIGN_LOGGERS.stream().anyMatch(target::startsWith) && !inProgram(type)) {
                    report(events, type, dependency.getDescription());
                }
            }
        });
    }

    /** Programs have a terminal and an exit code: the node, the benches, and the simulator's command. */
    private boolean inProgram(JavaClass type) {
        return Part.of(root, type).filter(Part.NODE::equals).isPresent()
                || (type.getPackageName() + ".").startsWith(root + ".bench.")
                || type.getName().equals(root + ".sim.SimCommand");
    }

    private static ArchRule everyClass(String description, BiConsumer<JavaClass, ConditionEvents> check) {
        return classes().should(new ArchCondition<>(description) {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                check.accept(type, events);
            }
        });
    }

    private static void report(ConditionEvents events, JavaClass type, String message) {
        events.add(SimpleConditionEvent.violated(type, message));
    }
}
