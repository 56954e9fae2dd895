package dev.varve.bench.engines;

import dev.varve.bench.harness.Series;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Threads, each of which does one operation after the other, until there is nothing left to do or the time is over.
 *
 * @param workers one a thread
 * @param seconds from the beginning until the last call has returned
 */
record Load(List<Worker> workers, double seconds) {

    private static final long LATENCY_NANOS_MAX = TimeUnit.MINUTES.toNanos(5);
    private static final int DIGITS = 3;

    /** What is done again and again. */
    @FunctionalInterface
    interface Operation {
        /** Does it once, and returns how many keys it dealt with; 0 if there is nothing left to do. */
        int run(Worker worker) throws IOException;
    }

    /** A thread with its random numbers and what it measured. Owned by that thread until it has ended. */
    static final class Worker {
        private final Operation operation;
        private final SplittableRandom random;
        private final Histogram latencies = new Histogram(LATENCY_NANOS_MAX, DIGITS);
        private long keys;

        private Worker(Operation operation, SplittableRandom random) {
            this.operation = operation;
            this.random = random;
        }

        SplittableRandom random() {
            return random;
        }

        private void run(long durationNanos) throws IOException {
            long begin = System.nanoTime();
            long now = begin;
            while (now - begin < durationNanos) {
                int done = operation.run(this);
                if (done == 0) {
                    return;
                }
                long after = System.nanoTime();
                latencies.recordValue(Math.min(after - now, LATENCY_NANOS_MAX));
                keys += done;
                now = after;
            }
        }
    }

    /** Runs the same operation in several threads. */
    static Load run(int threads, boolean virtual, long seed, double secondsMax, Operation operation)
            throws IOException {
        List<Operation> operations = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            operations.add(operation);
        }
        return run(operations, virtual, seed, secondsMax);
    }

    /**
     * Runs operations, each in a thread of its own. What one of them throws ends it all.
     *
     * @param seed of the random numbers
     * @param secondsMax when all end at the latest
     */
    static Load run(List<Operation> operations, boolean virtual, long seed, double secondsMax) throws IOException {
        SplittableRandom seeds = new SplittableRandom(seed);
        List<Worker> workers = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        CountDownLatch go = new CountDownLatch(1);
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        long nanos = (long) (secondsMax * 1e9);
        for (Operation operation : operations) {
            Worker worker = new Worker(operation, seeds.split());
            workers.add(worker);
            Runnable body = () -> {
                try {
                    go.await();
                    worker.run(nanos);
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                }
            };
            threads.add(
                    virtual
                            ? Thread.ofVirtual().start(body)
                            : Thread.ofPlatform().start(body));
        }
        long begin = System.nanoTime();
        go.countDown();
        join(threads);
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw new IOException(thrown.toString(), thrown);
        }
        return new Load(workers, (System.nanoTime() - begin) / 1e9);
    }

    private static void join(List<Thread> threads) {
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts a measurement", e);
            }
        }
    }

    /** How many keys were dealt with. */
    long keys() {
        return workers.stream().mapToLong(worker -> worker.keys).sum();
    }

    /** Rate and latencies of all threads. */
    Map<String, Double> figures() {
        Histogram latencies = new Histogram(LATENCY_NANOS_MAX, DIGITS);
        workers.forEach(worker -> latencies.add(worker.latencies));
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put(Series.PER_SECOND, keys() / seconds);
        figures.put(Series.P50_MICROS, micros(latencies, 50));
        figures.put(Series.P99_MICROS, micros(latencies, 99));
        figures.put(Series.P999_MICROS, micros(latencies, 99.9));
        figures.put("maxMicros", latencies.getMaxValue() / 1e3);
        figures.put("keys", (double) keys());
        figures.put("seconds", seconds);
        return figures;
    }

    /** The same of one of the threads. */
    Map<String, Double> figures(int worker) {
        return new Load(List.of(workers.get(worker)), seconds).figures();
    }

    private static double micros(Histogram latencies, double percentile) {
        return latencies.getValueAtPercentile(percentile) / 1e3;
    }
}
