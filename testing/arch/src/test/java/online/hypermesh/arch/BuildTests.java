package online.hypermesh.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The build files agree with each other; each check also finds what is planted in a small broken reactor. */
class BuildTests {
    private final Reactor suite = Reactor.at(Reactor.root());

    @Test
    void bomAndModulesAgree() {
        assertThat(suite.versionProblems()).isEmpty();
    }

    @Test
    void everyLeafInheritsTheRootAndStatesNoVersions() {
        assertThat(suite.inheritanceProblems()).isEmpty();
    }

    @Test
    void everyArtifactIsAModuleAndDeclaresItsProvidersTwice() {
        assertThat(suite.moduleProblems()).isEmpty();
    }

    @Test
    void everyPackageIsNullMarkedAndDescribed() {
        assertThat(suite.packageProblems()).isEmpty();
    }

    @Test
    void theMapNamesWhatExists() {
        assertThat(suite.documentProblems("docs/map.md")).isEmpty();
        assertThat(suite.documentProblems("docs/decisions/README.md")).isEmpty();
    }

    @Test
    void testsDoNotSleepAndNothingIsLeftForLater() {
        assertThat(suite.sourceProblems()).isEmpty();
    }

    @Test
    void plantedDisagreementsAreFound(@TempDir Path dir) throws IOException {
        Reactor broken = brokenReactor(dir);

        assertThat(broken.versionProblems())
                .containsExactlyInAnyOrder(
                        "one is 0.2.0, but the BOM says 0.1.0",
                        "two 0.1.0 is missing in the BOM",
                        "the BOM names gone, which no module builds");
    }

    @Test
    void plantedInheritanceIsFound(@TempDir Path dir) throws IOException {
        Reactor broken = brokenReactor(dir);

        assertThat(broken.inheritanceProblems())
                .containsExactlyInAnyOrder(
                        "two inherits folder/pom.xml instead of the root", "two states the version of one");
    }

    @Test
    void plantedModuleProblemsAreFound(@TempDir Path dir) throws IOException {
        Reactor broken = brokenReactor(dir);

        assertThat(broken.moduleProblems())
                .containsExactlyInAnyOrder(
                        "one has no module-info.java",
                        "two provides {a.Service=[b.Provider]} in module-info.java, but {a.Service=[b.Other]} in META-INF/services");
        assertThat(broken.packageProblems())
                .containsExactlyInAnyOrder("one has no package-info.java", "two is not @NullMarked");
        assertThat(broken.sourceProblems())
                .containsExactlyInAnyOrder(
                        "one/src/main/java/one/Thing.java leaves something for later",
                        "folder/two/src/test/java/two/ThingTests.java sleeps");
    }

    @Test
    void plantedNamesOfWhatDoesNotExistAreFound(@TempDir Path dir) throws IOException {
        Reactor broken = brokenReactor(dir);
        source(
                dir,
                "one/src/main/java/online/hypermesh/real/Thing.java",
                "package online.hypermesh.real; class Thing {}");
        source(
                dir,
                "docs/map.md",
                "| `online.hypermesh.real` | `online.hypermesh.real.Thing` | `online.hypermesh.gone` | "
                        + "[here](map.md#top) [there](spec/gone.cddl) [out](https://example.org) |");

        assertThat(broken.documentProblems("docs/map.md"))
                .containsExactlyInAnyOrder(
                        "docs/map.md names online.hypermesh.gone, which does not exist",
                        "docs/map.md links to spec/gone.cddl, which does not exist");
    }

    private static Reactor brokenReactor(Path dir) throws IOException {
        write(
                dir,
                "pom.xml",
                "<packaging>pom</packaging><modules><module>bom</module><module>one</module>"
                        + "<module>folder</module></modules>");
        write(
                dir,
                "bom/pom.xml",
                "<packaging>pom</packaging><dependencyManagement><dependencies>"
                        + "<dependency><artifactId>one</artifactId><version>0.1.0</version></dependency>"
                        + "<dependency><artifactId>gone</artifactId><version>0.1.0</version></dependency>"
                        + "</dependencies></dependencyManagement>");
        write(
                dir,
                "one/pom.xml",
                "<parent><relativePath>../pom.xml</relativePath></parent>"
                        + "<artifactId>one</artifactId><version>0.2.0</version>");
        write(dir, "folder/pom.xml", "<packaging>pom</packaging><modules><module>two</module></modules>");
        write(
                dir,
                "folder/two/pom.xml",
                "<parent><relativePath>../pom.xml</relativePath></parent>"
                        + "<artifactId>two</artifactId><version>0.1.0</version><dependencies><dependency>"
                        + "<artifactId>one</artifactId><version>0.2.0</version></dependency></dependencies>");
        source(dir, "one/src/main/java/one/Thing.java", "package one; /" + "/ TODO finish\nclass Thing {}");
        source(dir, "folder/two/src/main/java/module-info.java", "module two { provides a.Service with b.Provider; }");
        source(dir, "folder/two/src/main/java/two/package-info.java", "/** Two. */ package two;");
        source(dir, "folder/two/src/test/java/two/ThingTests.java", "class ThingTests {{ Thread" + ".sleep(1); }}");
        source(dir, "folder/two/src/main/resources/META-INF/services/a.Service", "b.Other # not the same\n");
        return Reactor.at(dir);
    }

    private static void write(Path dir, String file, String content) throws IOException {
        source(dir, file, "<project>" + content + "</project>");
    }

    private static void source(Path dir, String file, String content) throws IOException {
        Path path = dir.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
    }
}
