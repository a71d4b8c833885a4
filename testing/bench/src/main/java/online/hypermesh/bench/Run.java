package online.hypermesh.bench;

/**
 * What one turn took, both ends together.
 *
 * @param nanos time on the wall
 * @param cpuNanos processor time of the whole process
 * @param allocatedBytes heap memory allocated by all threads
 */
record Run(long nanos, long cpuNanos, long allocatedBytes) {
    double perSecond(double amount) {
        return amount * 1e9 / nanos;
    }
}
