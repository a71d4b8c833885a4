package online.hypermesh.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Turns of a subject and its baseline, one after the other, so that both see the same machine. Who begins changes with every
 * pair. Immutable.
 *
 * @param subject what the subject's turns took
 * @param baseline what the baseline's turns took, in the same order
 */
record Duel(List<Run> subject, List<Run> baseline) {
    static Duel fight(Scale scale, Supplier<Run> subject, Supplier<Run> baseline, Consumer<String> progress) {
        long begin = System.nanoTime();
        for (int i = 0; !scale.isWarm(i, begin); i++) {
            Run unmeasured = subject.get();
            Run likewise = baseline.get();
            progress.accept("warm-up " + (i + 1) + ": " + unmeasured + ", " + likewise);
        }
        List<Run> ours = new ArrayList<>();
        List<Run> theirs = new ArrayList<>();
        for (int i = 0; i < scale.pairs(); i++) {
            progress.accept("pair " + (i + 1) + " of " + scale.pairs());
            if (i % 2 == 0) {
                ours.add(subject.get());
                theirs.add(baseline.get());
            } else {
                theirs.add(baseline.get());
                ours.add(subject.get());
            }
        }
        return new Duel(List.copyOf(ours), List.copyOf(theirs));
    }

    /** Median of the baseline's time divided by the subject's: above 1 the subject is faster. */
    double speedRatio() {
        double[] ratios = new double[subject.size()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = (double) baseline.get(i).nanos() / subject.get(i).nanos();
        }
        return median(ratios);
    }

    static double median(List<Run> runs, ToDoubleFunction<Run> figure) {
        return median(runs.stream().mapToDouble(figure).toArray());
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
