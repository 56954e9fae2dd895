package dev.varve.bench.engines;

import dev.varve.bench.harness.BlockDevice;
import dev.varve.bench.harness.Records;
import dev.varve.bench.harness.Series;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** The workloads of one stage on one open store. Not thread-safe. */
final class StageRun {

    static final int SCAN_KEYS = 100;

    private static final int BATCH_KEYS = 100;
    private static final int SORTED_BATCH_KEYS = 500;
    private static final int OVERWRITE_FACTOR = 3;
    private static final int MIXED_FACTOR = 3;
    private static final int WARM_UP_DIVISOR = 2;
    private static final int REST_SECONDS_MAX = 30;
    private static final int QUIET_SECONDS = 2;
    private static final long QUIET_BYTES = 1 << 20;

    private final Engine engine;
    private final Contender contender;
    private final Path directory;
    private final Records records;
    private final KeySet keys;
    private final BlockDevice device;
    private final double seconds;
    private final double writeSecondsMax;
    private long seed;

    /**
     * @param directory of the store
     * @param seconds how long each reading workload is measured
     * @param writeSecondsMax how long each writing workload is measured at most
     */
    StageRun(
            Engine engine,
            Contender contender,
            Path directory,
            Records records,
            KeySet keys,
            double seconds,
            double writeSecondsMax)
            throws IOException {
        this.engine = engine;
        this.contender = contender;
        this.directory = directory;
        this.records = records;
        this.keys = keys;
        this.device = new BlockDevice(directory);
        this.seconds = seconds;
        this.writeSecondsMax = writeSecondsMax;
    }

    /** Runs one workload, and tells what was measured. */
    Map<String, Double> run(Workload workload) throws IOException {
        int threads = workload.threads();
        return switch (workload.action()) {
            case FILL -> written(() -> fill(threads, 1));
            case SORTED_FILL -> written(() -> fill(threads, SORTED_BATCH_KEYS));
            case BATCH_FILL -> written(() -> fill(threads, BATCH_KEYS));
            case READ -> read(threads, this::readOne);
            case MISSING -> read(threads, this::readMissing);
            case SCAN -> read(threads, this::scanOne);
            case OVERWRITE -> written(() -> overwrite(threads));
            case OVERWRITE_SOME -> written(() -> load(threads, seconds, this::overwriteOne));
            case MIXED -> mixed();
            case DURABLE -> durable(threads);
            case REOPEN -> throw new IllegalArgumentException("it takes two processes");
        };
    }

    private Load load(int threads, double secondsMax, Load.Operation operation) throws IOException {
        return Load.run(threads, false, ++seed, secondsMax, operation);
    }

    // ---------------------------------------------------------------------------------------------------- writing

    /** Writes the keys that are not there yet. */
    Load fill(int threads, int batchKeys) throws IOException {
        AtomicLong next = new AtomicLong(keys.size());
        Load load = load(threads, writeSecondsMax, worker -> fill(next.getAndAdd(batchKeys), batchKeys));
        // Each thread has written what it took, so that there is no gap.
        keys.grow(next.get());
        return load;
    }

    private int fill(long first, int batchKeys) throws IOException {
        int count = Math.clamp(keys.capacity() - first, 0, batchKeys);
        if (count == 1 && batchKeys == 1) {
            long rank = keys.rank(first);
            engine.put(records.key(rank), records.value(rank, 0));
        } else if (count > 0) {
            byte[][] newKeys = new byte[count][];
            byte[][] values = new byte[count][];
            for (int i = 0; i < count; i++) {
                long rank = keys.rank(first + i);
                newKeys[i] = records.key(rank);
                values[i] = records.value(rank, 0);
            }
            engine.putAll(newKeys, values);
        }
        return count;
    }

    private Load overwrite(int threads) throws IOException {
        AtomicLong left = new AtomicLong(OVERWRITE_FACTOR * keys.size());
        return load(threads, writeSecondsMax, worker -> left.getAndDecrement() > 0 ? overwriteOne(worker) : 0);
    }

    private int overwriteOne(Load.Worker worker) throws IOException {
        long rank = keys.rank(worker.random().nextLong(keys.size()));
        engine.put(records.key(rank), records.value(rank, 1 + worker.random().nextInt(Integer.MAX_VALUE)));
        return 1;
    }

    /** Overwrites until the process is killed. */
    void overwriteForEver(int threads) throws IOException {
        load(threads, Double.POSITIVE_INFINITY, this::overwriteOne);
    }

    @FunctionalInterface
    private interface Writing {
        Load run() throws IOException;
    }

    /** Measures what is written, to the device as well, until the store has come to rest. */
    private Map<String, Double> written(Writing writing) throws IOException {
        OptionalLong before = device.bytesWritten();
        Load load = writing.run();
        long end = System.nanoTime();
        Map<String, Double> figures = load.figures();
        engine.sync();
        awaitRest();
        figures.put(EngineFigures.REST_SECONDS, (System.nanoTime() - end) / 1e9);
        double recordBytes = Records.KEY_BYTES_MEAN + records.valueBytes(0, 0);
        OptionalLong after = device.bytesWritten();
        if (before.isPresent() && after.isPresent()) {
            figures.put(
                    EngineFigures.WRITE_AMPLIFICATION,
                    (after.getAsLong() - before.getAsLong()) / (load.keys() * recordBytes));
        }
        figures.put(
                EngineFigures.SPACE_AMPLIFICATION, BlockDevice.allocatedBytes(directory) / (keys.size() * recordBytes));
        return figures;
    }

    /** Waits until nothing is merged, collected or written back any more. */
    private void awaitRest() throws IOException {
        int quiet = 0;
        for (int second = 0; second < REST_SECONDS_MAX && quiet < QUIET_SECONDS; second++) {
            long before = device.bytesWritten().orElse(0);
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
            quiet = device.bytesWritten().orElse(0) - before < QUIET_BYTES ? quiet + 1 : 0;
        }
    }

    private Map<String, Double> durable(int threads) throws IOException {
        AtomicLong next = new AtomicLong(keys.size());
        boolean virtual = threads > Runtime.getRuntime().availableProcessors() && contender.takesVirtualThreads();
        Load load = Load.run(threads, virtual, ++seed, seconds, worker -> fill(next.getAndIncrement(), 1));
        keys.grow(next.get());
        return load.figures();
    }

    // ---------------------------------------------------------------------------------------------------- reading

    /** Runs it for a while before it is measured. */
    private Map<String, Double> read(int threads, Load.Operation operation) throws IOException {
        load(threads, seconds / WARM_UP_DIVISOR, operation);
        return load(threads, seconds, operation).figures();
    }

    private int readOne(Load.Worker worker) throws IOException {
        long rank = keys.rank(worker.random().nextLong(keys.size()));
        byte[] value = engine.get(records.key(rank));
        if (value == null) {
            throw new WrongAnswerException("key " + rank + " is missing");
        }
        keys.check(rank, value);
        return 1;
    }

    private int readMissing(Load.Worker worker) throws IOException {
        long rank = worker.random().nextLong(keys.capacity());
        if (engine.get(records.absentKey(rank)) != null) {
            throw new WrongAnswerException("a key next to key " + rank + " is there, but was never written");
        }
        return 1;
    }

    private int scanOne(Load.Worker worker) throws IOException {
        long rank = keys.rank(worker.random().nextLong(keys.size()));
        KeySet.Expectation expected = keys.scanFrom(rank);
        int[] visited = {0};
        engine.scan(records.key(rank), SCAN_KEYS, (key, value) -> {
            expected.entry(key, value);
            visited[0]++;
        });
        expected.ended(visited[0], SCAN_KEYS);
        return 1;
    }

    /** Reads and their latencies, and those of the writer. */
    private Map<String, Double> mixed() throws IOException {
        Load load = Load.run(List.of(this::readOne, this::overwriteOne), false, ++seed, MIXED_FACTOR * seconds);
        Map<String, Double> figures = load.figures(0);
        Map<String, Double> writes = load.figures(1);
        figures.put(EngineFigures.WRITES_PER_SECOND, writes.get(Series.PER_SECOND));
        figures.put(EngineFigures.WRITES_P999_MICROS, writes.get(Series.P999_MICROS));
        return figures;
    }

    /** Reads every key once, and tells how many are not there or have a value that was never written. */
    long lost() throws IOException {
        long lost = 0;
        for (long number = 0; number < keys.size(); number++) {
            long rank = keys.rank(number);
            byte[] value = engine.get(records.key(rank));
            lost += value != null && records.isValue(rank, value) ? 0 : 1;
        }
        return lost;
    }
}
