package online.hypermesh.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What a figure was measured on, without the machine's name. */
final class Machine {
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
    private static final Path STATUS = Path.of("/proc/self/status");

    private Machine() {}

    static Map<String, Object> describe() {
        Map<String, Object> rows = new LinkedHashMap<>();
        field(CPU_INFO, "model name").ifPresent(model -> rows.put("cpu", model));
        rows.put("cores", Runtime.getRuntime().availableProcessors());
        long bytes =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
        rows.put("memory_gb", Math.round(bytes / 1e9));
        rows.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        rows.put("jdk", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        rows.put("network", "loopback, IPv6, both ends on this machine");
        return rows;
    }

    /** Memory of this process that is in RAM; empty where the system does not tell. */
    static Optional<Long> residentBytes() {
        return field(STATUS, "VmRSS")
                .map(text -> Long.parseLong(text.replace("kB", "").trim()) * 1024);
    }

    private static Optional<String> field(Path file, String name) {
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
