package online.hypermesh.node.demo;

import java.util.LinkedHashMap;
import java.util.Map;

/** What the demonstration found, in the order and with the names of its JSON form. Confined to one thread. */
public final class DemoReport {
    private final Map<String, Object> fields = new LinkedHashMap<>();
    private boolean ok;

    DemoReport() {}

    void put(String field, Object value) {
        fields.put(field, value);
    }

    void succeed() {
        ok = true;
    }

    /**
     * Whether every step held.
     *
     * @return true if so
     */
    public boolean ok() {
        return ok;
    }

    /**
     * The report as one JSON object.
     *
     * @return {@code ok} first
     */
    public Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("ok", ok);
        json.putAll(fields);
        return json;
    }

    Object get(String field) {
        return fields.getOrDefault(field, "not measured");
    }
}
