package dev.varve.cli.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cli.ExitCode;
import dev.varve.cli.FakeServer;
import dev.varve.cli.Shell;
import dev.varve.storage.io.Ticker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;

class BenchTest {

    private static final String ANSWERS = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nVarve-Leader: a\r\n\r\nabc"
            + "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length:0\r\nConnection: close\r\n\r\n"
            + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nA;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n"
            + "HTTP/1.1 204 No Content\r\n\r\n";

    private final Shell shell = new Shell();

    @Test
    void answersAreTakenApartInWhateverPiecesTheyCome() throws Exception {
        byte[] bytes = ANSWERS.getBytes(US_ASCII);
        for (int piece = 1; piece <= bytes.length; piece++) {
            AnswerParser parser = new AnswerParser();
            List<String> seen = new ArrayList<>();
            for (int at = 0; at < bytes.length; at += piece) {
                ByteBuffer in = ByteBuffer.wrap(bytes, at, Math.min(piece, bytes.length - at));
                while (parser.take(in)) {
                    seen.add(parser.status() + " " + parser.bodyBytes() + " " + parser.keepAlive());
                }
                assertThat(in.hasRemaining()).isFalse();
            }
            assertThat(seen)
                    .as("pieces of %d", piece)
                    .containsExactly("200 3 true", "404 0 false", "200 15 true", "204 0 true");
        }
    }

    @Test
    void whatIsNoAnswerIsMalformed() {
        for (String wrong : List.of(
                "SSH-2.0-x-long-enough\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
                "HTTP/1.1 200 OK\r\nX: " + "y".repeat(10_000))) {
            assertThatThrownBy(() -> new AnswerParser().take(ByteBuffer.wrap(wrong.getBytes(US_ASCII))))
                    .isInstanceOf(AnswerParser.MalformedAnswerException.class);
        }
    }

    @Test
    void requestsAreWholeAndAsLongAsTheySay() {
        RequestWriter writer = new RequestWriter("h:1", "p-", 5, 10, 3);
        ByteBuffer out = ByteBuffer.allocate((int) writer.bytesMax());
        for (Operation operation : Operation.values()) {
            out.clear();
            writer.write(new Workload.Request(operation, 42), out);
            String text = new String(out.array(), 0, out.position(), US_ASCII);
            String body = text.substring(text.indexOf("\r\n\r\n") + 4);
            switch (operation) {
                case PUT ->
                    assertThat(text)
                            .startsWith(
                                    "PUT /put?key=p-000000000042 HTTP/1.1\r\nHost: h:1\r\nContent-Length: 5\r\n\r\n");
                case GET -> assertThat(text).isEqualTo("GET /read?key=p-000000000042 HTTP/1.1\r\nHost: h:1\r\n\r\n");
                case RANGE ->
                    assertThat(text).startsWith("GET /range?start=p-000000000042&end=p-000000000051 HTTP/1.1\r\n");
                case BATCH ->
                    assertThat(text)
                            .contains("Content-Length: " + body.length() + "\r\n")
                            .matches("(?s).*\\{\"p-000000000042\":\"[\\w-]{5}\",\"p-000000000043\":\"[\\w-]{5}\","
                                    + "\"p-000000000044\":\"[\\w-]{5}\"}");
            }
        }
    }

    @Test
    void everyDistributionStaysWithinItsKeysAndHasItsShape() {
        int keys = 1000;
        for (KeyDistribution distribution : KeyDistribution.values()) {
            KeyChooser chooser = KeyChooser.of(distribution, keys, new SplittableRandom(1));
            int[] counts = new int[keys];
            for (int i = 0; i < 100_000; i++) {
                counts[(int) chooser.next()]++;
            }
            int most = java.util.Arrays.stream(counts).max().orElseThrow();
            switch (distribution) {
                case UNIFORM -> assertThat(most).isBetween(100, 160);
                case SEQUENTIAL -> assertThat(most).isEqualTo(100);
                // 1 / (sum of k^-0.99 for k up to 1000) = 0.128.
                case ZIPFIAN -> assertThat(most).isBetween(12_300, 13_300);
                case LATEST -> assertThat(counts[keys - 1]).isEqualTo(most).isBetween(12_300, 13_300);
            }
        }
    }

    @Test
    void theLatestKeyIsReadOnlyWhenItAndAllBeforeItAreThere() {
        KeyChooser chooser = KeyChooser.of(KeyDistribution.LATEST, 10, new SplittableRandom(1));
        assertThat(chooser.nextWrite()).isEqualTo(10);
        assertThat(chooser.nextWrite()).isEqualTo(11);
        chooser.written(11);
        for (int i = 0; i < 1000; i++) {
            assertThat(chooser.next()).isLessThan(10);
        }
        chooser.written(10);
        long newest = 0;
        for (int i = 0; i < 1000; i++) {
            newest = Math.max(newest, chooser.next());
        }
        assertThat(newest).isEqualTo(11);
    }

    @Test
    void everyWorkloadRunsAgainstAServer(@TempDir Path directory) throws IOException {
        try (FakeServer server = new FakeServer()) {
            for (String workload : List.of("put", "get", "range", "batch", "mixed")) {
                Path svg = directory.resolve(workload + ".svg");
                int exitCode = shell.run(
                        "bench",
                        workload,
                        "--url",
                        server.url(),
                        "--operations",
                        "300",
                        "--warm-up",
                        "1ms",
                        "--keys",
                        "500",
                        "--clients",
                        "4",
                        "--range-length",
                        "7",
                        "--batch-size",
                        "9",
                        "--svg",
                        svg.toString(),
                        "-o",
                        "json");
                assertThat(exitCode).as(shell.out() + shell.err()).isEqualTo(ExitCode.OK);
                assertThat(shell.out())
                        .contains("\"requests\":300,")
                        .contains("\"errors\":{}")
                        .contains("\"p99.9\":");
                assertThat(Files.readString(svg))
                        .startsWith("<svg")
                        .endsWith("</svg>\n")
                        .contains("polyline");
                try (JsonParser json =
                        dev.varve.client.EntryJson.FACTORY.createParser(ObjectReadContext.empty(), shell.out())) {
                    json.nextToken();
                    json.skipChildren();
                    assertThat(json.nextToken()).isNull();
                }
            }
            assertThat(server.entries).hasSizeGreaterThanOrEqualTo(500);
            assertThat(server.entries.firstEntry().getValue()).hasSize(256);
        }
    }

    @Test
    void failuresAreCountedByKindAndMakeTheCommandFail() throws IOException {
        try (FakeServer server = new FakeServer()) {
            server.valueBytesMax = 10;
            assertThat(shell.run("bench", "put", "-u", server.url(), "--operations", "50", "--warm-up", "1ms"))
                    .isEqualTo(ExitCode.FAILED);
            assertThat(shell.out()).contains("0 requests in").contains("50  status 413");
            assertThat(shell.run("bench", "get", "-u", server.url(), "--operations", "5", "--skip-load"))
                    .isEqualTo(ExitCode.FAILED);
            assertThat(shell.out()).contains("5  status 404");
            server.stop();
            assertThat(shell.run("bench", "put", "-u", server.url())).isEqualTo(ExitCode.FAILED);
            assertThat(shell.err()).contains("varve server");
        }
    }

    @Test
    void wrongNumbersAreRefused() {
        for (String option :
                List.of("--clients=0", "--keys=0", "--gets=101", "--rate=0", "--prefix=a/b", "--operations=0")) {
            assertThat(shell.run("bench", "put", option)).as(option).isEqualTo(ExitCode.USAGE);
        }
        assertThat(shell.run("bench", "delete")).isEqualTo(ExitCode.USAGE);
    }

    /** Answers each request at once, but for one, before which it stalls. */
    private static final class StallingServer implements AutoCloseable {
        private static final byte[] ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(US_ASCII);
        private final ServerSocket socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());

        StallingServer(int stallAt, long stallNanos) throws IOException {
            Thread.ofVirtual().start(() -> {
                try (Socket connection = socket.accept()) {
                    byte[] buffer = new byte[1024];
                    for (int i = 0; connection.getInputStream().read(buffer) > 0; i++) {
                        long until = Ticker.system().nanos() + stallNanos;
                        while (i == stallAt && Ticker.system().nanos() < until) {
                            LockSupport.parkNanos(until - Ticker.system().nanos());
                        }
                        connection.getOutputStream().write(ANSWER);
                    }
                } catch (IOException closed) {
                    // The test is over.
                }
            });
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static Histogram latencies(double rate) throws IOException {
        RequestWriter writer = new RequestWriter("h", "p", 0, 1, 1);
        try (StallingServer server = new StallingServer(100, TimeUnit.MILLISECONDS.toNanos(300));
                LoadGenerator generator = new LoadGenerator(
                        List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.socket.getLocalPort())),
                        1,
                        writer,
                        0,
                        Ticker.system())) {
            Workload gets =
                    Workload.of(Operation.GET, KeyChooser.of(KeyDistribution.UNIFORM, 1, new SplittableRandom(1)));
            Measurement measurement =
                    generator.run(new LoadGenerator.Run(gets, TimeUnit.SECONDS.toNanos(20), 1000, rate), m -> {});
            assertThat(measurement.errors()).isEmpty();
            Histogram histogram = Objects.requireNonNull(measurement.latencies().get(Operation.GET));
            assertThat(histogram.getTotalCount()).isEqualTo(1000);
            return histogram;
        }
    }

    @Test
    void aStallIsChargedToEveryRequestThatWasDueDuringItWhenThereIsARate() throws IOException {
        // At 1000 a second some 300 requests are due while the server stalls for 0.3 s: they wait 150 ms on the
        // average.
        Histogram open = latencies(1000);
        assertThat(open.getCountBetweenValues(TimeUnit.MILLISECONDS.toNanos(100), Long.MAX_VALUE))
                .isGreaterThan(150);
        Histogram closed = latencies(0);
        assertThat(closed.getMaxValue()).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(290));
        // One request met it; few others take so long, however busy the machine is.
        assertThat(closed.getCountBetweenValues(TimeUnit.MILLISECONDS.toNanos(100), Long.MAX_VALUE))
                .isLessThan(100);
    }

    @Test
    void theChartHasABarForEachPercentileThatGrows() {
        Histogram histogram = new Histogram(3);
        for (int i = 1; i <= 100_000; i++) {
            histogram.recordValue(i * 1000L);
        }
        List<String> lines = LatencyChart.lines(histogram);
        assertThat(lines).hasSize(LatencyChart.PERCENTILES.length);
        assertThat(lines.getFirst()).startsWith("    p50    50.0 ms  █");
        assertThat(lines.get(5)).startsWith("  p99.9 ");
        assertThat(lines.getLast()).startsWith("    max   100.");
        assertThat(lines.getLast().length()).isGreaterThan(lines.getFirst().length());
        assertThat(LatencyChart.show(999)).isEqualTo("1 µs");
        assertThat(LatencyChart.show(1_500_000)).isEqualTo("1.50 ms");
        assertThat(LatencyChart.show(2_500_000_000L)).isEqualTo("2.50 s");
    }
}
