package online.hypermesh.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a bench found. Confined to one thread. */
final class Report {
    private static final MathContext FOUR_DIGITS = new MathContext(4);
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final String bench;
    private final Map<String, Number> metrics = new LinkedHashMap<>();
    private final Map<String, Object> machine;
    private final Map<String, Object> baselines = new LinkedHashMap<>();

    Report(String bench, Map<String, Object> machine) {
        this.bench = bench;
        this.machine = machine;
    }

    void metric(String name, double value) {
        metrics.put(name, rounded(value));
    }

    /** What a metric was made of, or how a baseline was set up. */
    void baseline(String name, Map<String, Object> rows) {
        Map<String, Object> shown = new LinkedHashMap<>();
        rows.forEach((key, value) -> shown.put(key, value instanceof Double number ? rounded(number) : value));
        baselines.put(name, shown);
    }

    Map<String, Number> metrics() {
        return metrics;
    }

    private static Number rounded(double value) {
        BigDecimal digits = BigDecimal.valueOf(value).round(FOUR_DIGITS);
        return digits.scale() <= 0 ? (Number) digits.longValue() : (Number) digits.doubleValue();
    }

    String json() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("bench", bench);
        all.put("metrics", metrics);
        all.put("machine", machine);
        all.put("baselines", baselines);
        try {
            return JSON.writeValueAsString(all);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a report is made of maps, text and numbers", e);
        }
    }

    void table(PrintWriter out) {
        metrics.forEach((name, value) -> {
            out.printf("%-24s %12s%n", name, value);
            if (baselines.get(name) instanceof Map<?, ?> rows) {
                out.printf("    %s%n", rows);
            }
        });
        out.println();
        baselines.forEach((name, rows) -> {
            if (!metrics.containsKey(name)) {
                out.printf("%s: %s%n", name, rows);
            }
        });
        out.printf("machine: %s%n", machine);
    }
}
