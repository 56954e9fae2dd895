package dev.varve.bench.harness;

import dev.varve.cli.Failure;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the figures depend on. */
public final class Machine {

    private static final int IDLE = 3;
    private static final int IO_WAIT = 4;

    private Machine() {}

    /** Describes it, by name, in the order in which the names are shown. The directory is on the disk that is measured. */
    public static Map<String, String> describe(Path directory) throws IOException {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(
                "processors",
                Runtime.getRuntime().availableProcessors() + " x " + field(Path.of("/proc/cpuinfo"), "model name"));
        facts.put("memory", field(Path.of("/proc/meminfo"), "MemTotal"));
        facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        FileStore store = Files.getFileStore(directory);
        facts.put("file system", store.type() + " on " + store.name());
        return facts;
    }

    /** The share of the processors' time, from 0 to 1, that others use: measured for a second in which we use none. */
    public static double busyShare() throws IOException {
        long[] before = ticks();
        try {
            Thread.sleep(1000);
        } catch (InterruptedException e) {
            throw new Failure("Interrupted.", e);
        }
        return busyShare(before, ticks());
    }

    /** The share between two readings of {@link #ticks}. */
    static double busyShare(long[] before, long[] after) {
        double all = 0;
        for (int i = 0; i < after.length; i++) {
            all += after[i] - before[i];
        }
        long resting = after[IDLE] - before[IDLE] + after[IO_WAIT] - before[IO_WAIT];
        return all == 0 ? 0 : 1 - resting / all;
    }

    /** The first eight counters of /proc/stat, proc(5): user, nice, system, idle, iowait, irq, softirq, steal. */
    private static long[] ticks() throws IOException {
        String[] fields = field(Path.of("/proc/stat"), "cpu ").split(" +", -1);
        return Arrays.stream(fields).skip(1).limit(8).mapToLong(Long::parseLong).toArray();
    }

    private static String field(Path file, String name) throws IOException {
        return Files.readAllLines(file).stream()
                .filter(line -> line.startsWith(name))
                .findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .orElse("unknown");
    }
}
