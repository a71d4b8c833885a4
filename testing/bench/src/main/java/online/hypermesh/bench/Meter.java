package online.hypermesh.bench;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/** Measures what this process spends. Thread-safe. */
final class Meter {
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final ThreadMXBean THREADS = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    private static final @Nullable CompilationMXBean COMPILERS = ManagementFactory.getCompilationMXBean();

    private Meter() {}

    /** What the compilers have taken since the start; 0 where that is not told. */
    static long compilingMillis() {
        return COMPILERS != null && COMPILERS.isCompilationTimeMonitoringSupported()
                ? COMPILERS.getTotalCompilationTime()
                : 0;
    }

    static Run measure(Runnable work) {
        long allocated = allocatedBytes();
        long cpu = PROCESS.getProcessCpuTime();
        long begin = System.nanoTime();
        work.run();
        long nanos = System.nanoTime() - begin;
        return new Run(nanos, PROCESS.getProcessCpuTime() - cpu, allocatedBytes() - allocated);
    }

    /** Processor time of this process so far. */
    static long cpuNanos() {
        return PROCESS.getProcessCpuTime();
    }

    /** Of the threads alive; a thread that ended in between takes its count with it. */
    private static long allocatedBytes() {
        long sum = 0;
        for (long bytes : THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds())) {
            sum += Math.max(0, bytes);
        }
        return sum;
    }
}
