package online.hypermesh.arch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/** The POMs and source folders of one reactor, read as files, and what is wrong with them. */
final class Reactor {
    private static final Pattern PROVIDES = Pattern.compile("provides\\s+([\\w.]+)\\s+with\\s+([\\w.,\\s]+);");

    private static final Pattern QUALIFIED_NAME = Pattern.compile("`(online\\.hypermesh(?:\\.\\w+)+)`");
    private static final Pattern RELATIVE_LINK = Pattern.compile("\\]\\((?!https?:|#)([^)#]+)(?:#[^)]*)?\\)");
    private static final Pattern SLEEP = Pattern.compile("\\b(Thread|TimeUnit\\.[A-Z]+|[A-Z]+SECONDS)\\.sleep\\(");
    private static final Pattern LATER = Pattern.compile("(//|\\*)\\s*(TODO|FIXME|XXX)\\b");

    private final Path root;
    private final List<Path> leaves = new ArrayList<>();

    private Reactor(Path root) {
        this.root = root;
        collect(root.resolve("pom.xml"));
    }

    static Reactor at(Path root) {
        return new Reactor(root);
    }

    /** The root of the reactor this test runs in. */
    static Path root() {
        Path start = Path.of("").toAbsolutePath();
        for (Path dir = start; dir != null; dir = dir.getParent()) {
            if (Files.isRegularFile(dir.resolve("bom/pom.xml"))) {
                return dir;
            }
        }
        throw new IllegalStateException("no folder above " + start + " holds bom/pom.xml");
    }

    /** The POMs of all modules that are neither aggregators nor the BOM. */
    List<Path> leaves() {
        return List.copyOf(leaves);
    }

    private void collect(Path pom) {
        Element project = read(pom);
        List<Element> modules =
                child(project, "modules").map(m -> children(m, "module")).orElse(List.of());
        for (Element module : modules) {
            collect(pom.resolveSibling(module.getTextContent().trim())
                    .resolve("pom.xml")
                    .normalize());
        }
        if (!text(project, "packaging", "jar").equals("pom")) {
            leaves.add(pom);
        }
    }

    /** Packages with sources below {@code src/main/java}. */
    static Set<String> packagesOf(Path module) {
        Set<String> packages = new TreeSet<>();
        Path sources = module.resolve("src/main/java");
        for (Path file : filesBelow(sources)) {
            Path folder = sources.relativize(file).getParent();
            if (file.toString().endsWith(".java") && folder != null) {
                packages.add(folder.toString().replace(file.getFileSystem().getSeparator(), "."));
            }
        }
        return packages;
    }

    /** The BOM names every published module with the version the module has, and nothing else. */
    List<String> versionProblems() {
        List<String> problems = new ArrayList<>();
        Map<String, String> bom = new TreeMap<>();
        Element management =
                child(read(root.resolve("bom/pom.xml")), "dependencyManagement").orElseThrow();
        for (Element dependency : children(child(management, "dependencies").orElseThrow(), "dependency")) {
            bom.put(text(dependency, "artifactId", ""), text(dependency, "version", ""));
        }
        Set<String> known = new TreeSet<>();
        for (Path pom : leaves) {
            Element project = read(pom);
            String artifact = text(project, "artifactId", "");
            String version = text(project, "version", "none of its own");
            known.add(artifact);
            boolean published = child(project, "properties")
                    .map(p -> !text(p, "maven.deploy.skip", "false").equals("true"))
                    .orElse(true);
            String inBom = bom.get(artifact);
            if (published && inBom == null) {
                problems.add(artifact + " " + version + " is missing in the BOM");
            }
            if (!published && inBom != null) {
                problems.add(artifact + " is not published, but the BOM names it");
            }
            if (inBom != null && !inBom.equals(version)) {
                problems.add(artifact + " is " + version + ", but the BOM says " + inBom);
            }
        }
        for (String artifact : bom.keySet()) {
            if (!known.contains(artifact)) {
                problems.add("the BOM names " + artifact + ", which no module builds");
            }
        }
        return problems;
    }

    /** Every leaf inherits the root itself and leaves the versions of its dependencies to the BOM and the root. */
    List<String> inheritanceProblems() {
        List<String> problems = new ArrayList<>();
        Path rootPom = root.resolve("pom.xml").normalize();
        for (Path pom : leaves) {
            Element project = read(pom);
            String artifact = text(project, "artifactId", "");
            Path parent = child(project, "parent")
                    .map(p -> pom.resolveSibling(text(p, "relativePath", "../pom.xml"))
                            .normalize())
                    .orElse(pom);
            if (!parent.equals(rootPom)) {
                problems.add(artifact + " inherits " + root.relativize(parent) + " instead of the root");
            }
            List<Element> dependencies = child(project, "dependencies")
                    .map(d -> children(d, "dependency"))
                    .orElse(List.of());
            for (Element dependency : dependencies) {
                if (child(dependency, "version").isPresent()) {
                    problems.add(artifact + " states the version of " + text(dependency, "artifactId", ""));
                }
            }
        }
        return problems;
    }

    /** Every artifact is a module, and its providers are declared for the module path and for the class path alike. */
    List<String> moduleProblems() {
        List<String> problems = new ArrayList<>();
        for (Path pom : leaves) {
            Path module = pom.getParent();
            if (packagesOf(module).isEmpty()) {
                continue;
            }
            String artifact = text(read(pom), "artifactId", "");
            Path descriptor = module.resolve("src/main/java/module-info.java");
            if (!Files.isRegularFile(descriptor)) {
                problems.add(artifact + " has no module-info.java");
                continue;
            }
            Map<String, Set<String>> onModulePath = new TreeMap<>();
            Matcher provides = PROVIDES.matcher(content(descriptor).replaceAll("(?s)/\\*.*?\\*/|//[^\\n]*", ""));
            while (provides.find()) {
                Set<String> providers = onModulePath.computeIfAbsent(provides.group(1), s -> new TreeSet<>());
                providers.addAll(List.of(provides.group(2).trim().split("\\s*,\\s*")));
            }
            Map<String, Set<String>> onClassPath = new TreeMap<>();
            for (Path file : filesBelow(module.resolve("src/main/resources/META-INF/services"))) {
                Set<String> providers =
                        onClassPath.computeIfAbsent(file.getFileName().toString(), s -> new TreeSet<>());
                content(file)
                        .lines()
                        .map(line -> line.replaceAll("#.*", "").trim())
                        .filter(l -> !l.isEmpty())
                        .forEach(providers::add);
            }
            if (!onModulePath.equals(onClassPath)) {
                problems.add(artifact + " provides " + onModulePath + " in module-info.java, but " + onClassPath
                        + " in META-INF/services");
            }
        }
        return problems;
    }

    /** Every package says that nothing in it is null unless marked, and what it is. */
    List<String> packageProblems() {
        List<String> problems = new ArrayList<>();
        for (Path pom : leaves) {
            Path module = pom.getParent();
            for (String pkg : packagesOf(module)) {
                Path info = module.resolve("src/main/java")
                        .resolve(pkg.replace('.', '/'))
                        .resolve("package-info.java");
                if (!Files.isRegularFile(info)) {
                    problems.add(pkg + " has no package-info.java");
                } else if (!content(info).contains("NullMarked")) {
                    problems.add(pkg + " is not @NullMarked");
                } else if (!content(info).contains("/**")) {
                    problems.add(pkg + " has no Javadoc");
                }
            }
        }
        return problems;
    }

    /** Every package, class and file that a document names in its table cells or links exists. */
    List<String> documentProblems(String document) {
        List<String> problems = new ArrayList<>();
        Path file = root.resolve(document);
        String text = content(file);
        Matcher names = QUALIFIED_NAME.matcher(text);
        while (names.find()) {
            String name = names.group(1);
            if (!isSource(name.replace('.', '/'))) {
                problems.add(document + " names " + name + ", which does not exist");
            }
        }
        Matcher links = RELATIVE_LINK.matcher(text);
        while (links.find()) {
            if (!Files.exists(file.resolveSibling(links.group(1)))) {
                problems.add(document + " links to " + links.group(1) + ", which does not exist");
            }
        }
        return problems;
    }

    private boolean isSource(String path) {
        for (Path pom : leaves) {
            for (String sources : List.of("src/main/java", "src/test/java")) {
                Path folder = pom.resolveSibling(sources);
                if (Files.isDirectory(folder.resolve(path)) || Files.isRegularFile(folder.resolve(path + ".java"))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Tests wait for facts, not for time, and nothing is left for later. */
    List<String> sourceProblems() {
        List<String> problems = new ArrayList<>();
        for (Path pom : leaves) {
            for (Path file : filesBelow(pom.resolveSibling("src"))) {
                if (!file.toString().endsWith(".java")) {
                    continue;
                }
                String name = root.relativize(file).toString();
                String source = content(file);
                if (name.contains("src/test/java") && SLEEP.matcher(source).find()) {
                    problems.add(name + " sleeps");
                }
                if (LATER.matcher(source).find()) {
                    problems.add(name + " leaves something for later");
                }
            }
        }
        return problems;
    }

    private static List<Path> filesBelow(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String content(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Element read(Path pom) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            return factory.newDocumentBuilder().parse(pom.toFile()).getDocumentElement();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + pom, e);
        } catch (ParserConfigurationException | SAXException e) {
            throw new IllegalStateException("cannot parse " + pom, e);
        }
    }

    private static Optional<Element> child(Element parent, String name) {
        return children(parent, name).stream().findFirst();
    }

    private static List<Element> children(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        for (@Nullable Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && element.getTagName().equals(name)) {
                found.add(element);
            }
        }
        return found;
    }

    private static String text(Element parent, String name, String absent) {
        return child(parent, name).map(e -> e.getTextContent().trim()).orElse(absent);
    }
}
