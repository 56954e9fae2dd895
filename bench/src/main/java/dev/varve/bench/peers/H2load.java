package dev.varve.bench.peers;

import dev.varve.bench.harness.Processes;
import dev.varve.cli.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Load over gRPC by {@code h2load}: one request at a time on each connection. It sends the same bytes again and again, so there
 * is one key (one range, one batch), which is no harder for the server than many.
 */
final class H2load implements Contender.Load {

    private static final Pattern DATA_BYTES = Pattern.compile("traffic: .* \\(([0-9]+)\\) data");
    private static final Pattern DONE =
            Pattern.compile("requests: \\d+ total, \\d+ started, (\\d+) done, (\\d+) succeeded, .*");
    private static final int GRACE_SECONDS = 30;

    private final Processes processes;
    private final String url;

    /** @param url of the server, without a path */
    H2load(Processes processes, String url) {
        this.processes = processes;
        this.url = url;
    }

    @Override
    public Sample run(Workload workload, int seconds) {
        Path body = processes.directory().resolve("h2load-body");
        Path requests = processes.directory().resolve("h2load-requests");
        try {
            Files.deleteIfExists(requests);
            Files.write(body, EtcdMessages.framed(EtcdMessages.request(workload)));
            List<String> command = List.of(
                    "h2load",
                    "--threads=" + Math.min(Programs.generatorThreads(), workload.clients()),
                    "--clients=" + workload.clients(),
                    "--max-concurrent-streams=1",
                    "--duration=" + seconds,
                    "--data=" + body,
                    "--log-file=" + requests,
                    "--header=content-type: application/grpc",
                    "--header=te: trailers",
                    url + EtcdMessages.method(workload.operation()));
            List<String> lines = processes.run("h2load", command, seconds + GRACE_SECONDS);
            return parse(lines, Files.readAllLines(requests), workload.operation(), seconds);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads what h2load prints, and its log of the requests: start in microseconds, status, duration in microseconds.
     * A call that gRPC refuses has status 200 and no data, so the data are counted.
     */
    static Sample parse(List<String> lines, List<String> requests, Operation operation, int seconds) {
        long dataBytes = number(lines, DATA_BYTES, 1);
        long done = number(lines, DONE, 1);
        long succeeded = number(lines, DONE, 2);
        if (succeeded < done || requests.isEmpty() || dataBytes / requests.size() < operation.answerBytesMin()) {
            throw new Failure("h2load, %s: %d of %d requests failed, %d bytes of answers"
                    .formatted(operation, done - succeeded, done, dataBytes));
        }
        long[] micros = requests.stream()
                .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf('\t') + 1)))
                .sorted()
                .toArray();
        return new Sample((double) micros.length / seconds, (double) micros[micros.length / 2], (double)
                micros[(int) (micros.length * 0.99)]);
    }

    private static long number(List<String> lines, Pattern pattern, int group) {
        for (String line : lines) {
            Matcher matcher = pattern.matcher(line);
            if (matcher.matches()) {
                return Long.parseLong(matcher.group(group));
            }
        }
        throw new Failure("h2load gave no result: " + String.join(" | ", lines));
    }
}
