package dev.varve.bench.soak;

import dev.varve.bench.harness.BlockDevice;
import dev.varve.bench.harness.Commands;
import dev.varve.bench.harness.Machine;
import dev.varve.bench.harness.Processes;
import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.cli.Failure;
import dev.varve.cli.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Keeps a store under load for a long time and checks every answer. Started by {@code bench/soak}. */
@Command(
        name = "bench/soak",
        mixinStandardHelpOptions = true,
        description = {
            "Writes, overwrites, deletes, reads and ranges for a long time, and closes, kills and opens the store meanwhile.",
            "Checks every answer, prints a verdict, and draws space, memory and latencies over time."
        })
public final class SoakBench implements Callable<Integer> {

    private static final int HEAP_MEBIBYTES = 512;
    private static final int MEBIBYTE = 1 << 20;
    private static final int ERRORS_KEPT = 20;

    /** Restarts of a soak, however long it is, but not more often than the store needs to be read whole. */
    private static final int RESTARTS = 20;

    private static final int RESTART_SECONDS_MIN = 10;

    private final Console console;
    private final List<Sample> samples = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private final List<String> errors = new ArrayList<>();
    private final AtomicLong errorCount = new AtomicLong();
    private long begin;

    @Option(names = "--root", paramLabel = "DIR", description = "The clone.", hidden = true)
    private Path root = Path.of("");

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "30",
            description = "How long. Default: ${DEFAULT-VALUE}.")
    private int minutes;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "How many keys there may be. Default: ${DEFAULT-VALUE}.")
    private int keys;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "20000",
            description = "Operations a second, half of them writes. Default: ${DEFAULT-VALUE}.")
    private int rate;

    @Option(names = "--seed", paramLabel = "N", description = "Of the random numbers. Default: the time.")
    private long seed = System.nanoTime();

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Where soak.md, soak.json and the charts go, and, until the end, the store."
                    + " Default: target/soak in the clone.")
    private @Nullable Path output;

    SoakBench(Console console) {
        this.console = console;
    }

    public static void main(String[] args) throws IOException {
        Commands.main(SoakBench::new, args);
    }

    @Override
    public Integer call() throws IOException {
        Commands.bounds("--minutes", minutes, 1, 100_000);
        Commands.bounds("--keys", keys, Blocks.KEYS * 100, 100_000_000);
        Commands.bounds("--rate", rate, 10, 10_000_000);
        // Whole blocks, an equal number for each writer.
        keys -= keys % (Blocks.KEYS * 2);
        Path target = (output == null ? root.resolve("target/soak") : output).toAbsolutePath();
        Processes processes = Processes.below(target);
        Map<String, String> facts = Machine.describe(processes.directory());
        facts.put("Java", Runtime.version().toString());
        facts.put(
                "soak",
                "%d minutes, %,d keys, %,d operations a second, heap of %d MiB, seed %d"
                        .formatted(minutes, keys, rate, HEAP_MEBIBYTES, seed));
        try (Model model = Model.open(processes.directory().resolve("model"), SoakProcess.records(keys), keys)) {
            run(processes, model);
        }
        SoakReport report = new SoakReport(facts, samples, events, kept(), Check.all(errorCount.get(), samples));
        for (String line : report.markdown()) {
            console.println(line);
        }
        Files.write(target.resolve("soak.md"), report.markdown());
        Files.writeString(target.resolve("soak.json"), report.json());
        for (Map.Entry<String, String> chart : report.charts().entrySet()) {
            Files.writeString(target.resolve(chart.getKey()), chart.getValue());
        }
        return report.holds() ? ExitCode.OK : ExitCode.FAILED;
    }

    private void run(Processes processes, Model model) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        Path store = Files.createDirectory(processes.directory().resolve("store"));
        begin = System.nanoTime();
        try (Progress progress = Progress.start(console, "soaking", minutes * 60L, " s", 1)) {
            SoakChild child = start(processes, random);
            double restart = pause(random);
            while (seconds() < minutes * 60) {
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
                sample(child, model, store);
                progress.step(1);
                progress.message(errorCount.get() + " errors, " + events.size() + " restarts");
                if (!child.isAlive()) {
                    throw new Failure("the process of the store ended: " + child.tail());
                }
                if (seconds() > restart) {
                    child = restart(processes, child, random, progress);
                    restart = seconds() + pause(random);
                }
            }
            progress.message("reads everything");
            child.order(SoakProcess.STOP);
            child.end();
        }
    }

    private SoakChild start(Processes processes, SplittableRandom random) {
        Path directory = processes.directory();
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                // The whole heap from the beginning, so that what grows is something else.
                "-Xms" + HEAP_MEBIBYTES + "m",
                "-Xmx" + HEAP_MEBIBYTES + "m",
                "-XX:+AlwaysPreTouch",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                SoakProcess.class.getName(),
                "--directory=" + directory.resolve("store"),
                "--model=" + directory.resolve("model"),
                "--keys=" + keys,
                "--rate=" + rate,
                "--seed=" + random.nextLong());
        return new SoakChild(processes, command, this::failed);
    }

    /** Closes and opens the store in its process, or kills the process and starts another one. */
    private SoakChild restart(Processes processes, SoakChild child, SplittableRandom random, Progress progress) {
        double at = seconds();
        boolean kills = random.nextBoolean();
        SoakChild next = child;
        if (kills) {
            child.kill();
            next = start(processes, random);
        } else {
            child.order(SoakProcess.REOPEN);
        }
        String event = "%s after %.0f s; open and read whole after another %.1f s"
                .formatted(kills ? "killed" : "closed", at, seconds() - at);
        events.add(event);
        progress.say(event);
        return next;
    }

    private double pause(SplittableRandom random) {
        double mean = Math.max(RESTART_SECONDS_MIN, minutes * 60.0 / RESTARTS);
        return random.nextDouble(mean / 2, mean * 3 / 2);
    }

    private void sample(SoakChild child, Model model, Path store) throws IOException {
        Map<String, Double> figures = new LinkedHashMap<>(child.lastSecond());
        figures.put(SoakFigures.MEMORY_MEBIBYTES, (double) child.anonymousBytes() / MEBIBYTE);
        figures.put(SoakFigures.DISK_MEBIBYTES, (double) BlockDevice.allocatedBytes(store) / MEBIBYTE);
        figures.put(SoakFigures.LIVE_MEBIBYTES, (double) model.liveBytes() / MEBIBYTE);
        samples.add(new Sample(seconds(), figures));
    }

    private double seconds() {
        return (System.nanoTime() - begin) / 1e9;
    }

    private void failed(String what) {
        errorCount.incrementAndGet();
        synchronized (errors) {
            if (errors.size() < ERRORS_KEPT) {
                errors.add(what);
                console.say("error: " + what);
            }
        }
    }

    private List<String> kept() {
        synchronized (errors) {
            return List.copyOf(errors);
        }
    }
}
