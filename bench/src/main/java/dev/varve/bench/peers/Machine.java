package dev.varve.bench.peers;

import dev.varve.cli.Failure;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the figures depend on: the machine and the versions of the programs. */
final class Machine {

    private static final int IDLE = 3;
    private static final int IO_WAIT = 4;
    private static final long VERSION_SECONDS = 10;

    private Machine() {}

    /** Threads of a load generator: half of the processors, so that the servers have the other half. */
    static int generatorThreads() {
        return Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    }

    /** Describes them, by name, in the order in which they are shown. */
    static Map<String, String> describe(Processes processes, Path varve) throws IOException {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(
                "processors",
                Runtime.getRuntime().availableProcessors() + " x " + field(Path.of("/proc/cpuinfo"), "model name"));
        facts.put("memory", field(Path.of("/proc/meminfo"), "MemTotal"));
        facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        FileStore store = Files.getFileStore(processes.directory());
        facts.put("file system", store.type() + " on " + store.name());
        facts.put("Varve", firstLine(processes, varve.toString(), "--version"));
        facts.put("etcd", firstLine(processes, "etcd", "--version"));
        facts.put("wrk", wrkVersion(processes));
        facts.put("h2load", firstLine(processes, "h2load", "--version"));
        return facts;
    }

    /** The share of the processors' time, from 0 to 1, that others use: measured for a second in which we use none. */
    static double busyShare() throws IOException {
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

    private static String firstLine(Processes processes, String... command) {
        List<String> lines = processes.run("version", List.of(command), VERSION_SECONDS);
        return lines.isEmpty() ? "unknown" : lines.getFirst();
    }

    /** wrk says its version in its usage, and then fails. */
    private static String wrkVersion(Processes processes) {
        String usage = String.join(" ", processes.run("version", List.of("sh", "-c", "wrk -v; true"), VERSION_SECONDS));
        return usage.toLowerCase(Locale.ROOT).startsWith("wrk ")
                ? usage.substring(0, usage.indexOf('[')).strip()
                : "unknown";
    }
}
