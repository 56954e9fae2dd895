package dev.varve.bench.peers;

import dev.varve.bench.harness.Processes;
import dev.varve.cli.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The programs beside ours: the load generators and etcd. */
final class Programs {

    /** Each with the package of Debian that has it. */
    private static final Map<String, String> NEEDED =
            Map.of("wrk", "wrk", "h2load", "nghttp2-client", "etcd", "etcd-server");

    private static final long VERSION_SECONDS = 10;

    private Programs() {}

    /** Throws a failure that says what to install if one of them is missing. */
    static void demand() {
        String missing = NEEDED.keySet().stream()
                .filter(program -> !isInstalled(program))
                .map(NEEDED::get)
                .sorted()
                .collect(Collectors.joining(" "));
        if (!missing.isEmpty()) {
            throw new Failure("A program is missing. On Debian: apt-get install " + missing);
        }
    }

    private static boolean isInstalled(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    /** Threads of a load generator: half of the processors, so that the servers have the other half. */
    static int generatorThreads() {
        return Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    }

    /** Their versions and ours, in the order in which they are shown. */
    static Map<String, String> versions(Processes processes, Path varve) {
        Map<String, String> versions = new LinkedHashMap<>();
        versions.put("Varve", firstLine(processes, varve.toString(), "--version"));
        versions.put("etcd", firstLine(processes, "etcd", "--version"));
        versions.put("wrk", wrkVersion(processes));
        versions.put("h2load", firstLine(processes, "h2load", "--version"));
        return versions;
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
