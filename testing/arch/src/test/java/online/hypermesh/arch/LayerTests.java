package online.hypermesh.arch;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The rules of {@link LayerRules} and {@link HouseRules}, over the classes of every module. */
class LayerTests {
    private static final String ROOT = "online.hypermesh";
    private static JavaClasses suite;

    @BeforeAll
    static void readEveryModule() {
        suite = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(ROOT);
    }

    @TestFactory
    Stream<DynamicTest> rules() {
        return Stream.concat(new LayerRules(ROOT).all().stream(), new HouseRules(ROOT).all().stream())
                .map(rule -> DynamicTest.dynamicTest(rule.getDescription(), () -> rule.check(suite)));
    }

    /** Guards against rules that hold because nothing was looked at. */
    @Test
    void theClassesOfEveryModuleWereRead() {
        Map<String, Set<String>> missing = new TreeMap<>();
        Set<String> read = new TreeSet<>();
        for (JavaClass type : suite) {
            read.add(type.getPackageName());
        }
        for (Path module : Reactor.at(Reactor.root()).leaves()) {
            Set<String> packages = Reactor.packagesOf(module.getParent());
            packages.removeAll(read);
            if (!packages.isEmpty()) {
                missing.put(module.toString(), packages);
            }
        }
        assertThat(missing).as("packages whose classes were not read").isEmpty();
    }
}
