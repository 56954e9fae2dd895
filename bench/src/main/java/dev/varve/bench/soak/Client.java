package dev.varve.bench.soak;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.HdrHistogram.Recorder;

/**
 * A thread that does something at a given rate. What comes late because what was before it took long is measured from when it was
 * due, so that a stall is seen by all that it kept waiting.
 */
final class Client {

    private static final long LATENCY_NANOS_MAX = TimeUnit.MINUTES.toNanos(10);

    private final Runnable work;
    private final long intervalNanos;
    private final Recorder latencies;
    private final Consumer<String> errors;
    private final Thread thread;
    private volatile boolean stopped;

    /**
     * Starts it.
     *
     * @param perSecond how often the work is to be done
     * @param errors is told of an exception, which ends the client
     */
    Client(Runnable work, double perSecond, Recorder latencies, Consumer<String> errors) {
        this.work = work;
        this.intervalNanos = (long) (1e9 / perSecond);
        this.latencies = latencies;
        this.errors = errors;
        this.thread = Thread.ofPlatform().daemon().start(this::run);
    }

    private void run() {
        long due = System.nanoTime();
        try {
            while (!stopped) {
                long early = due - System.nanoTime();
                if (early > 0) {
                    LockSupport.parkNanos(early);
                    continue;
                }
                work.run();
                latencies.recordValue(Math.clamp(System.nanoTime() - due, 0, LATENCY_NANOS_MAX));
                due += intervalNanos;
            }
        } catch (RuntimeException e) {
            errors.accept("a client failed: " + e);
        }
    }

    /** Ends it after what it is doing. */
    void stop() {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a soak", e);
        }
    }
}
