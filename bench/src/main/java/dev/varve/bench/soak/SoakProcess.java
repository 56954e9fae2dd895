package dev.varve.bench.soak;

import dev.varve.bench.harness.Figures;
import dev.varve.bench.harness.Records;
import dev.varve.cli.ExitCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The process that has the store. It is told what to do on standard input, a word a line, and tells on standard output what it
 * measures each second, what is wrong, and that it has done what it was told. Started by {@link SoakChild}.
 */
@Command(name = "soak")
public final class SoakProcess implements Callable<Integer> {

    static final int VALUE_BYTES_MIN = 16;
    static final int VALUE_BYTES_MAX = 1100;

    /** Close the store and open it again. */
    static final String REOPEN = "reopen";

    /** Check everything and end. */
    static final String STOP = "stop";

    /** Begins a line that says what is wrong. */
    static final String ERROR = "ERROR ";

    /** The subject of the figures of each second. */
    static final String SECOND = "second";

    /** The subject of the figures that say that the store is open, and how long that took with reading it whole. */
    static final String OPENED = "opened";

    /** The subject of the figures that say that all is done. */
    static final String DONE = "done";

    private static final int DIGITS = 3;
    private static final double PERCENTILE_999 = 99.9;
    private static final int MEBIBYTE = 1 << 20;

    @Option(names = "--directory", required = true)
    private Path directory = Path.of("");

    @Option(names = "--model", required = true)
    private Path modelFile = Path.of("");

    @Option(names = "--keys", required = true)
    private int keys;

    @Option(names = "--rate", required = true)
    private double rate;

    @Option(names = "--seed", required = true)
    private long seed;

    private final Recorder reads = new Recorder(DIGITS);
    private final Recorder writes = new Recorder(DIGITS);

    /** Whose store is open and has clients, or null. Under the lock of this object. */
    private @Nullable SoakSession running;

    SoakProcess() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new SoakProcess()).execute(args));
    }

    /** The keys and values of a soak. */
    static Records records(int keys) {
        return new Records(keys, VALUE_BYTES_MIN, VALUE_BYTES_MAX);
    }

    @Override
    public Integer call() throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        Records records = records(keys);
        try (Model model = Model.open(modelFile, records, keys)) {
            BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            Thread.ofPlatform().daemon().start(this::tellEachSecond);
            while (true) {
                long begin = System.nanoTime();
                try (SoakSession session =
                        new SoakSession(directory, records, model, SoakProcess::error, random.split())) {
                    tell(OPENED, Map.of("seconds", (System.nanoTime() - begin) / 1e9));
                    session.start(rate / 2, reads, writes, random);
                    setRunning(session);
                    boolean opensAgain = REOPEN.equals(orders.readLine());
                    setRunning(null);
                    if (!opensAgain) {
                        session.finish();
                        tell(DONE, Map.of());
                        return ExitCode.OK;
                    }
                }
            }
        }
    }

    private static void error(String what) {
        System.out.println(ERROR + what);
    }

    private static void tell(String subject, Map<String, Double> figures) {
        System.out.println(new Figures(subject, figures).line());
    }

    private void tellEachSecond() {
        long begin = System.nanoTime();
        while (true) {
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
            long now = System.nanoTime();
            double seconds = (now - begin) / 1e9;
            begin = now;
            Map<String, Double> figures = new LinkedHashMap<>();
            Histogram read = reads.getIntervalHistogram();
            figures.put(SoakFigures.READS_PER_SECOND, read.getTotalCount() / seconds);
            figures.put(SoakFigures.READ_P50_MICROS, micros(read, 50));
            figures.put(SoakFigures.READ_P99_MICROS, micros(read, 99));
            figures.put(SoakFigures.READ_P999_MICROS, micros(read, PERCENTILE_999));
            Histogram written = writes.getIntervalHistogram();
            figures.put(SoakFigures.WRITES_PER_SECOND, written.getTotalCount() / seconds);
            figures.put(SoakFigures.WRITE_P50_MICROS, micros(written, 50));
            figures.put(SoakFigures.WRITE_P99_MICROS, micros(written, 99));
            figures.put(SoakFigures.WRITE_P999_MICROS, micros(written, PERCENTILE_999));
            Runtime runtime = Runtime.getRuntime();
            figures.put(SoakFigures.HEAP_MEBIBYTES, (double) (runtime.totalMemory() - runtime.freeMemory()) / MEBIBYTE);
            figures.putAll(delays());
            tell(SECOND, figures);
        }
    }

    private synchronized void setRunning(@Nullable SoakSession session) {
        running = session;
    }

    private synchronized Map<String, Double> delays() {
        return running == null ? Map.of() : running.delays();
    }

    /** NaN in a second in which nothing was done. */
    private static double micros(Histogram histogram, double percentile) {
        return histogram.getTotalCount() == 0 ? Double.NaN : histogram.getValueAtPercentile(percentile) / 1e3;
    }
}
