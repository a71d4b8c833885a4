package online.hypermesh.arch;

import java.util.List;

/** The order of the packages inside the kernel: each sees only those on the steps before its own. */
final class KernelOrder {
    private static final List<List<String>> STEPS = List.of(
            List.of("seal"),
            List.of("proof", "storage"),
            List.of("block", "chunk", "erasure"),
            List.of("ledger", "dht"),
            List.of("snapshot"),
            List.of("consensus", "content"),
            List.of("asset", "monitor"),
            List.of("runtime", "proxy"),
            List.of("assembly"));

    private KernelOrder() {}

    /** The step of the package {@code <root>.impl.<name>…}, or -1 when the plan has no such package. */
    static int stepOf(String name) {
        for (int step = 0; step < STEPS.size(); step++) {
            if (STEPS.get(step).contains(name)) {
                return step;
            }
        }
        return -1;
    }
}
