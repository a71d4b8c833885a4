package online.hypermesh.arch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every rule of the enforcer fails on what is planted for it: one Maven run over a small reactor whose modules inherit the
 * root and break one rule each. What they depend on are empty modules of the same reactor under the names of the real ones.
 */
class EnforcerTests {
    private static final List<String> IMPLEMENTATIONS = List.of(
            "online.hypermesh:stoq-netty",
            "online.hypermesh:stoq-kwik",
            "tech.kwik:kwik",
            "online.hypermesh:hypermesh-impl",
            "online.hypermesh:hypermesh-store-s3",
            "online.hypermesh:trustchain-lib",
            "online.hypermesh:auth-lib",
            "online.hypermesh:hypermesh-node",
            "online.hypermesh:hypermesh-sim",
            "online.hypermesh:hypermesh-tck");
    private static final List<String> NOT_IN_THIS_SUITE = List.of(
            "commons-logging:commons-logging",
            "log4j:log4j",
            "org.apache.logging.log4j:log4j-api",
            "ch.qos.logback:logback-core",
            "com.google.guava:guava",
            "net.jqwik:jqwik",
            "junit:junit");
    /** No version that exists or that the suite manages. */
    private static final String VERSION = "0.0.0-planted";

    @TempDir
    private static Path dir;

    private static final Pattern FAILED =
            Pattern.compile("\\S+maven-enforcer-plugin:\\S+:enforce \\(\\S+\\) on project (\\S+): ");

    /** What Maven said of each module that failed. */
    private static final Map<String, String> SAID = new TreeMap<>();

    @BeforeAll
    static void runMaven() throws Exception {
        String maven = System.getProperty("test.maven.home");
        assumeTrue(maven != null, "only a build by Maven says where Maven is");
        plant();
        List<String> command = List.of(
                Path.of(maven, "bin", "mvn").toString(),
                "--offline",
                "--batch-mode",
                "--fail-at-end",
                "-Dmaven.repo.local=" + System.getProperty("test.maven.repository"),
                "-Dspotless.check.skip",
                "validate");
        Path said = dir.resolve("said");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(dir.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("MAVEN_OPTS", "-XX:TieredStopAtLevel=1");
        Process process = builder.start();
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        String all = Files.readString(said, StandardCharsets.UTF_8);
        assertThat(process.exitValue()).as(all).isEqualTo(1);
        for (String failure : all.split("Failed to execute goal ")) {
            Matcher module = FAILED.matcher(failure);
            if (module.lookingAt()) {
                SAID.put(module.group(1), failure);
            }
        }
        assertThat(SAID)
                .as(all)
                .containsOnlyKeys("implementations", "strangers", "diverging", "twice", "unversioned", "jdk", "maven");
    }

    @Test
    void onlyModulesThatAssembleNameImplementations() {
        assertThat(SAID.get("implementations"))
                .contains("Only examples/node and testing name implementations")
                .contains(IMPLEMENTATIONS);
    }

    @Test
    void librariesThatDoNotBelongHereAreRefused() {
        assertThat(SAID.get("strangers")).contains("Not in this suite").contains(NOT_IN_THIS_SUITE);
    }

    @Test
    void versionsThatDivergeAreRefused() {
        assertThat(SAID.get("diverging"))
                .contains("DependencyConvergence failed")
                .contains("planted:common");
    }

    @Test
    void aDependencyNamedTwiceIsRefused() {
        assertThat(SAID.get("twice")).contains("BanDuplicatePomDependencyVersions failed");
    }

    @Test
    void aPluginWithoutVersionIsRefused() {
        assertThat(SAID.get("unversioned")).contains("RequirePluginVersions failed");
    }

    @Test
    void anOlderJdkOrMavenIsRefused() {
        assertThat(SAID.get("jdk")).contains("RequireJavaVersion failed");
        assertThat(SAID.get("maven")).contains("RequireMavenVersion failed");
    }

    private static void plant() throws IOException {
        List<String> modules = new ArrayList<>();
        modules.add(dir.toRealPath()
                .relativize(Reactor.root().resolve("bom").toRealPath())
                .toString());
        for (String library : Stream.concat(IMPLEMENTATIONS.stream(), NOT_IN_THIS_SUITE.stream())
                .toList()) {
            modules.add(library(library, VERSION, ""));
        }
        modules.add(library("planted:common", "1", ""));
        modules.add(library("planted:common", "2", ""));
        modules.add(library("planted:left", VERSION, dependency("planted:common", "1")));
        modules.add(library("planted:right", VERSION, dependency("planted:common", "2")));

        String implementations = dependencies(IMPLEMENTATIONS);
        modules.add(module("implementations", "", implementations, ""));
        modules.add(module(
                "assembling",
                "<properties><may.name.implementations>true</may.name.implementations></properties>",
                implementations,
                ""));
        modules.add(module("strangers", "", dependencies(NOT_IN_THIS_SUITE), ""));
        modules.add(module("diverging", "", dependencies(List.of("planted:left", "planted:right")), ""));
        modules.add(module("twice", "", dependency("planted:common", "1") + dependency("planted:common", "1"), ""));
        modules.add(
                module(
                        "unversioned",
                        "",
                        "",
                        "<plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-antrun-plugin</artifactId></plugin>"));
        modules.add(module("jdk", "", "", require("requireJavaVersion")));
        modules.add(module("maven", "", "", require("requireMavenVersion")));
        Files.writeString(
                dir.resolve("pom.xml"),
                project("<groupId>planted</groupId><artifactId>planted</artifactId><version>1</version>"
                        + "<packaging>pom</packaging><modules>"
                        + modules.stream()
                                .map(m -> "<module>" + m + "</module>")
                                .collect(Collectors.joining())
                        + "</modules>"));
    }

    private static String library(String name, String version, String dependencies) throws IOException {
        String[] id = name.split(":");
        return write(
                id[1] + "-" + version,
                "<groupId>" + id[0] + "</groupId><artifactId>" + id[1] + "</artifactId><version>" + version
                        + "</version><dependencies>" + dependencies + "</dependencies>");
    }

    private static String module(String name, String properties, String dependencies, String plugins)
            throws IOException {
        return write(
                name,
                "<parent><groupId>online.hypermesh</groupId><artifactId>hypermesh-build</artifactId><version>1</version>"
                        + "<relativePath>../"
                        + dir.toRealPath()
                                .relativize(Reactor.root().resolve("pom.xml").toRealPath())
                        + "</relativePath></parent>"
                        + "<artifactId>" + name + "</artifactId>" + properties
                        + "<dependencies>" + dependencies + "</dependencies><build><plugins>" + plugins
                        + "</plugins></build>");
    }

    private static String dependencies(List<String> names) {
        return names.stream().map(name -> dependency(name, VERSION)).collect(Collectors.joining());
    }

    private static String dependency(String name, String version) {
        String[] id = name.split(":");
        return "<dependency><groupId>" + id[0] + "</groupId><artifactId>" + id[1] + "</artifactId><version>" + version
                + "</version></dependency>";
    }

    private static String require(String rule) {
        return "<plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-enforcer-plugin</artifactId>"
                + "<executions><execution><id>build-environment</id><configuration><rules><" + rule
                + "><version>[1000,)</version></" + rule
                + "></rules></configuration></execution></executions></plugin>";
    }

    private static String write(String directory, String content) throws IOException {
        Files.writeString(Files.createDirectory(dir.resolve(directory)).resolve("pom.xml"), project(content));
        return directory;
    }

    private static String project(String content) {
        return "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>" + content
                + "</project>";
    }
}
