package dev.varve.bench.peers;

import dev.varve.bench.harness.Processes;
import dev.varve.cli.Failure;
import java.nio.file.Path;
import java.util.List;

/** Load over HTTP/1.1 by {@code wrk}: random keys, values of random letters. */
final class Wrk implements Contender.Load {

    private static final String RESULT = "RESULT ";
    private static final int FIELDS = 6;
    private static final int GRACE_SECONDS = 30;

    private final Processes processes;
    private final Path script;
    private final String url;
    private int seed;

    /**
     * @param script makes the requests; it returns the line that {@link #parse} reads
     * @param url of the server
     */
    Wrk(Processes processes, Path script, String url) {
        this.processes = processes;
        this.script = script;
        this.url = url;
    }

    @Override
    public Sample run(Workload workload, int seconds) {
        int threads = Math.min(Programs.generatorThreads(), workload.clients());
        List<String> command = List.of(
                "wrk",
                "--threads=" + threads,
                "--connections=" + workload.clients(),
                "--duration=" + seconds + "s",
                "--timeout=10s",
                "--script=" + script,
                url,
                "--",
                workload.operation().toString(),
                Integer.toString(KeySpace.KEYS),
                Integer.toString(workload.valueBytes()),
                Integer.toString(++seed));
        return parse(processes.run("wrk", command, seconds + GRACE_SECONDS), workload.operation());
    }

    /** Reads the line of the script. */
    static Sample parse(List<String> lines, Operation operation) {
        String line = lines.stream()
                .filter(l -> l.startsWith(RESULT))
                .findFirst()
                .orElseThrow(() -> new Failure("wrk gave no result: " + String.join(" | ", lines)));
        String[] fields = line.substring(RESULT.length()).split(" ", -1);
        if (fields.length != FIELDS) {
            throw new Failure("wrk gave a result of " + fields.length + " fields, not " + FIELDS + ": " + line);
        }
        long requests = Long.parseLong(fields[0]);
        double micros = Double.parseDouble(fields[1]);
        long bytes = Long.parseLong(fields[2]);
        long failures = Long.parseLong(fields[3]);
        if (failures > 0 || requests == 0 || bytes / requests < operation.answerBytesMin()) {
            throw new Failure("wrk, %s: %d of %d requests failed, %d bytes of answers"
                    .formatted(operation, failures, requests, bytes));
        }
        return new Sample(requests / (micros / 1e6), Double.parseDouble(fields[4]), Double.parseDouble(fields[5]));
    }
}
