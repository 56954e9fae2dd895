package dev.varve.cli.bench;

import dev.varve.cli.ConnectionOptions;
import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.cli.Failure;
import dev.varve.cli.OutputFormat;
import dev.varve.cli.Progress;
import dev.varve.cli.Sizes;
import dev.varve.cli.Usage;
import dev.varve.client.VarveClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures a server. */
@Command(
        name = "bench",
        description = {
            "Measures requests a second and their latencies, over HTTP, from one thread of this process.",
            "Writes keys that begin with --prefix and leaves them there. Before get, range and mixed it stores all keys,"
                    + " unless told not to. The exit code is 1 if a request failed."
        })
public final class BenchCommand implements Callable<Integer> {

    private static final int CLIENTS_MAX = 10_000;
    private static final int LOAD_CLIENTS = 8;
    private static final int LOAD_BATCH_BYTES = 256 << 10;
    private static final int BATCH_MAX = 10_000;
    private static final long VALUE_BYTES_MAX = 64 << 20;
    private static final long KEYS_MAX = 100_000_000_000L;
    private static final Duration DEFAULT_DURATION = Duration.ofSeconds(10);
    private static final long NANOS_PER_DAY = Duration.ofDays(1).toNanos();

    /** What is asked. */
    enum Kind {
        PUT,
        GET,
        RANGE,
        BATCH,
        MIXED
    }

    private final Console console;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Parameters(paramLabel = "WORKLOAD", description = "put, get, range, batch, or mixed (gets and puts).")
    private Kind kind = Kind.PUT;

    @Option(
            names = "--clients",
            paramLabel = "N",
            defaultValue = "64",
            description = "Connections, each with one request at a time. Default: ${DEFAULT-VALUE}.")
    private int clients;

    @Option(
            names = "--value-size",
            paramLabel = "SIZE",
            defaultValue = "256",
            converter = Sizes.class,
            description = "Size of each value. Default: ${DEFAULT-VALUE}.")
    private long valueSize;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "100000",
            description = "How many keys there are. Default: ${DEFAULT-VALUE}.")
    private long keys;

    @Option(
            names = "--distribution",
            paramLabel = "NAME",
            defaultValue = "uniform",
            description =
                    "Which keys are asked for: uniform, zipfian, sequential or latest. Default: ${DEFAULT-VALUE}.")
    private KeyDistribution distribution = KeyDistribution.UNIFORM;

    @Option(
            names = "--duration",
            paramLabel = "DURATION",
            description = "How long to measure. Default: 10s, or until --operations are done.")
    private @Nullable Duration duration;

    @Option(names = "--operations", paramLabel = "N", description = "Stop after so many requests.")
    private @Nullable Long operations;

    @Option(
            names = "--warm-up",
            paramLabel = "DURATION",
            defaultValue = "3s",
            description = "How long to run before measuring. Default: ${DEFAULT-VALUE}.")
    private Duration warmUp = Duration.ZERO;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = {
                "Requests due a second, whatever the server does; latencies count from when a request was due.",
                "Default: none, each client sends when it has its last answer."
            })
    private @Nullable Double rate;

    @Option(
            names = "--gets",
            paramLabel = "PERCENT",
            defaultValue = "90",
            description = "Share of gets in mixed. Default: ${DEFAULT-VALUE}.")
    private int gets;

    @Option(
            names = "--range-length",
            paramLabel = "N",
            defaultValue = "100",
            description = "Keys in a range. Default: ${DEFAULT-VALUE}.")
    private int rangeLength;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            defaultValue = "100",
            description = "Keys in a batch. Default: ${DEFAULT-VALUE}.")
    private int batchSize;

    @Option(names = "--skip-load", description = "Do not store the keys first: an earlier run has.")
    private boolean skipLoad;

    @Option(
            names = "--prefix",
            paramLabel = "PREFIX",
            defaultValue = "bench-",
            description = "Begins every key. Default: ${DEFAULT-VALUE}.")
    private String prefix = "";

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Repeats the choice of keys.")
    private long seed;

    @Option(names = "--svg", paramLabel = "FILE", description = "Draw the latencies into this file.")
    private @Nullable Path svg;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "table (with a chart), json, or raw (without the chart). Default: ${DEFAULT-VALUE}.")
    private OutputFormat format = OutputFormat.TABLE;

    public BenchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        check();
        List<InetSocketAddress> addresses = addresses();
        if (!skipLoad && (kind == Kind.GET || kind == Kind.RANGE || kind == Kind.MIXED)) {
            load(addresses);
        }
        int batch = kind == Kind.BATCH ? batchSize : 0;
        Workload workload = workload(new SplittableRandom(seed));
        Measurement measurement;
        try (LoadGenerator generator = open(addresses, clients, batch)) {
            generator.run(new LoadGenerator.Run(workload, warmUp.toNanos(), Long.MAX_VALUE, rateOrZero()), m -> {});
            measurement = measure(generator, workload);
        }
        Map<String, String> settings = settings();
        BenchReport.print(console, format, settings, measurement);
        if (svg != null) {
            String title = String.format(
                    Locale.ROOT,
                    "varve bench %s, %d clients: %,.0f requests/s",
                    lower(kind),
                    clients,
                    measurement.rate());
            Files.writeString(svg, LatencySvg.draw(title, measurement.latencies()));
        }
        return measurement.errorCount() == 0 && measurement.successCount() > 0 ? ExitCode.OK : ExitCode.FAILED;
    }

    private void check() {
        bounds("--clients", clients, 1, CLIENTS_MAX);
        bounds("--keys", keys, 1, KEYS_MAX);
        bounds("--value-size", valueSize, 0, VALUE_BYTES_MAX);
        bounds("--gets", gets, 0, 100);
        bounds("--range-length", rangeLength, 1, BATCH_MAX);
        bounds("--batch-size", batchSize, 1, BATCH_MAX);
        bounds("--operations", operations == null ? 1 : operations, 1, Long.MAX_VALUE);
        if (rate != null && !(rate > 0 && rate <= 1e7)) {
            throw new Usage("--rate is " + rate + ", but must be above 0 and at most 10,000,000.");
        }
        if (!prefix.matches("[A-Za-z0-9._~-]{0,200}")) {
            throw new Usage("--prefix takes letters, digits, '-', '.', '_' and '~' only.");
        }
        if (kind == Kind.BATCH && valueSize * batchSize > VALUE_BYTES_MAX) {
            throw new Usage("A batch of " + batchSize + " values of " + Sizes.show(valueSize) + " is too large.");
        }
    }

    private static void bounds(String option, long value, long min, long max) {
        if (value < min || value > max) {
            throw new Usage(option + " is " + value + ", but must lie between " + min + " and " + max + ".");
        }
    }

    private List<InetSocketAddress> addresses() {
        List<InetSocketAddress> addresses = new ArrayList<>();
        try (VarveClient client = connection.connect()) {
            for (URI server : client.servers()) {
                if (!"http".equalsIgnoreCase(server.getScheme())) {
                    throw new Usage("bench speaks plain http only, not " + server + ".");
                }
                int port = server.getPort() < 0 ? 80 : server.getPort();
                InetSocketAddress address = new InetSocketAddress(server.getHost(), port);
                if (address.isUnresolved()) {
                    throw new Failure("The host of " + server + " cannot be resolved.");
                }
                addresses.add(address);
            }
            // Says in the usual words if nobody is there.
            client.page("/readyz");
        }
        return addresses;
    }

    private LoadGenerator open(List<InetSocketAddress> addresses, int count, int batch) throws IOException {
        InetSocketAddress first = addresses.getFirst();
        RequestWriter writer = new RequestWriter(
                first.getHostString() + ":" + first.getPort(), prefix, (int) valueSize, rangeLength, batch);
        return new LoadGenerator(addresses, count, writer, valueSize, console.ticker());
    }

    /** Stores all keys, in batches. */
    private void load(List<InetSocketAddress> addresses) throws IOException {
        int batch = Math.clamp(LOAD_BATCH_BYTES / (valueSize + 64), 1, 1000);
        long batches = (keys + batch - 1) / batch;
        // The last batch may go beyond the last key: no harm, as nothing asks for those.
        KeyChooser starts = new KeyChooser() {
            private long next;

            @Override
            long next() {
                return batch * next++;
            }
        };
        Measurement loaded;
        try (LoadGenerator generator = open(addresses, LOAD_CLIENTS, batch);
                Progress progress = Progress.start(console, "load", keys, " keys", 1)) {
            long[] shown = new long[1];
            loaded = generator.run(
                    new LoadGenerator.Run(Workload.of(Operation.BATCH, starts), NANOS_PER_DAY, batches, 0), m -> {
                        long done = Math.min(keys, m.successCount() * batch);
                        progress.step(done - shown[0]);
                        shown[0] = done;
                    });
        }
        if (loaded.errorCount() > 0) {
            throw new Failure("The keys could not be stored: " + loaded.errors());
        }
    }

    private Workload workload(SplittableRandom random) {
        KeyChooser chooser = KeyChooser.of(distribution, keys, random.split());
        return switch (kind) {
            case PUT -> Workload.of(Operation.PUT, chooser);
            case GET -> Workload.of(Operation.GET, chooser);
            case RANGE -> Workload.of(Operation.RANGE, chooser);
            case BATCH -> Workload.of(Operation.BATCH, chooser);
            case MIXED -> Workload.mixed(gets, chooser, random.split());
        };
    }

    private Measurement measure(LoadGenerator generator, Workload workload) throws IOException {
        long nanos = measuredNanos();
        long most = operations == null ? Long.MAX_VALUE : operations;
        long began = console.ticker().nanos();
        try (Progress progress = Progress.start(
                console,
                lower(kind),
                operations == null ? nanos / 1_000_000 : operations,
                operations == null ? " s" : "",
                operations == null ? 1000 : 1)) {
            long[] shown = new long[1];
            return generator.run(new LoadGenerator.Run(workload, nanos, most, rateOrZero()), m -> {
                long elapsed = console.ticker().nanos() - began;
                long done = operations == null ? Math.min(elapsed, nanos) / 1_000_000 : m.successCount();
                progress.step(done - shown[0]);
                shown[0] = done;
                progress.message(String.format(Locale.ROOT, "%,.0f/s", m.successCount() / (elapsed / 1e9)));
            });
        }
    }

    private long measuredNanos() {
        if (duration != null) {
            return duration.toNanos();
        }
        return operations == null ? DEFAULT_DURATION.toNanos() : NANOS_PER_DAY;
    }

    private double rateOrZero() {
        return rate == null ? 0 : rate;
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("workload", lower(kind));
        settings.put("url", connection.url());
        settings.put("clients", Integer.toString(clients));
        settings.put("value-size", Long.toString(valueSize));
        settings.put("keys", Long.toString(keys));
        settings.put("distribution", lower(distribution));
        if (rate != null) {
            settings.put("rate", rate.toString());
        }
        switch (kind) {
            case RANGE -> settings.put("range-length", Integer.toString(rangeLength));
            case BATCH -> settings.put("batch-size", Integer.toString(batchSize));
            case MIXED -> settings.put("gets", Integer.toString(gets));
            case PUT, GET -> {}
        }
        return settings;
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
