package dev.varve.cli.server;

import dev.varve.cli.Console;
import dev.varve.cli.Durations;
import dev.varve.cli.ExitCode;
import dev.varve.cli.Failure;
import dev.varve.cli.Sizes;
import dev.varve.cli.Usage;
import dev.varve.server.ClusterSettings;
import dev.varve.server.ServerOptions;
import dev.varve.server.StartupException;
import dev.varve.server.Timeouts;
import dev.varve.server.VarveServer;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.io.Environment;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Serves a store until it is told to stop. */
@Command(
        name = "server",
        description = {
            "Serves the store of a directory over HTTP until SIGTERM or SIGINT (Ctrl-C), which let requests in progress"
                    + " end; the exit code is then 0.",
            "Each option may also stand in the environment (--max-value-bytes: VARVE_MAX_VALUE_BYTES) or in the file of --config"
                    + " (a line 'max-value-bytes: 16MiB'). The command line wins, then the environment, then the file."
        })
public final class ServeCommand implements Callable<Integer> {

    private final Console console;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = {"-d", "--data"},
            paramLabel = "DIR",
            defaultValue = "./varve-data",
            description = "Directory of the store; made if it is not there. Default: ${DEFAULT-VALUE}.")
    private Path data = Path.of("varve-data");

    @Option(
            names = "--http",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:8080",
            converter = HostPort.Converter.class,
            description = "Address to listen on; port 0 takes any free one. Default: ${DEFAULT-VALUE}.")
    private HostPort http = new HostPort("127.0.0.1", 8080);

    @Option(
            names = "--advertise-http",
            paramLabel = "HOST:PORT",
            converter = HostPort.Converter.class,
            description = "Address under which clients reach this server. Default: that of --http.")
    private @Nullable HostPort advertiseHttp;

    @Option(
            names = "--node-id",
            paramLabel = "ID",
            defaultValue = "node1",
            description = "Name of this node in its answers and in its cluster. Default: ${DEFAULT-VALUE}.")
    private String nodeId = "";

    @Option(
            names = "--raft",
            paramLabel = "HOST:PORT",
            converter = HostPort.Converter.class,
            description =
                    "Address to listen on for the other nodes of a cluster. Without it the store is served alone.")
    private @Nullable HostPort raft;

    @Option(
            names = "--peers",
            paramLabel = "ID=HOST:PORT,...",
            converter = Peers.Converter.class,
            description = "All nodes of the cluster, with the addresses of their --raft; this one may be among them.")
    private @Nullable Peers peers;

    @Option(
            names = "--bootstrap",
            description =
                    "Found the cluster, if the directory is empty and no peer belongs to one; the other nodes join."
                            + " Give it to exactly one node.")
    private boolean bootstrap;

    @Mixin
    private PeerCredentials credentials = new PeerCredentials();

    @Option(
            names = "--log-retention-bytes",
            paramLabel = "SIZE",
            defaultValue = "1GiB",
            converter = Sizes.class,
            description = "Log kept for nodes of the cluster that were away. Default: ${DEFAULT-VALUE}.")
    private long logRetention;

    @Option(
            names = "--catch-up-bytes-per-second",
            paramLabel = "SIZE",
            defaultValue = "32MiB",
            converter = Sizes.class,
            description =
                    "How fast this node sends its data to nodes that were away for longer, and to new ones, all together."
                            + " Default: ${DEFAULT-VALUE}.")
    private long catchUpRate;

    @Option(
            names = "--rebuild",
            description =
                    "If files of a node of a cluster are so damaged that its store cannot be opened, give it up: the node joins anew,"
                            + " and fetches everything from the others. Nothing is changed before one of them answers.")
    private boolean rebuild;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            converter = Sizes.class,
            description = {
                "Memory of the process, heap and all: three eighths for the heap, as the launcher starts the JVM, a quarter for"
                        + " blocks of tables and for writes that no table holds yet, an eighth for requests in flight.",
                "Default: a heap of a quarter of the machine's or container's memory, up to 176 MiB for tables and"
                        + " writes, and for requests an eighth of the heap."
            })
    private @Nullable Long memory;

    @Option(
            names = "--max-key-bytes",
            paramLabel = "SIZE",
            defaultValue = "4KiB",
            converter = Sizes.class,
            description = "Longest key, up to 65,535 bytes. Default: ${DEFAULT-VALUE}.")
    private long maxKey;

    @Option(
            names = "--max-value-bytes",
            paramLabel = "SIZE",
            defaultValue = "8MiB",
            converter = Sizes.class,
            description = "Longest value, up to 64 MiB. Default: ${DEFAULT-VALUE}.")
    private long maxValue;

    @Option(
            names = "--max-batch-bytes",
            paramLabel = "SIZE",
            defaultValue = "8MiB",
            converter = Sizes.class,
            description = "Largest batch: keys, values, and 14 bytes for each change, up to 64 MiB. Default:"
                    + " ${DEFAULT-VALUE}.")
    private long maxBatch;

    @Option(
            names = "--snapshot-age",
            paramLabel = "DURATION",
            defaultValue = "1h",
            converter = Durations.class,
            description =
                    "A range that takes longer may fail if what it reads is overwritten meanwhile, so that slow readers do not"
                            + " keep that for ever. Default: ${DEFAULT-VALUE}.")
    private Duration snapshotAge = Duration.ZERO;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Connections open at once; further ones are refused. Default: ${DEFAULT-VALUE}.")
    private int maxConnections;

    @Option(
            names = "--request-timeout",
            paramLabel = "DURATION",
            defaultValue = "30s",
            converter = Durations.class,
            description = "Deadline of a request that names none by ?timeout=. Default: ${DEFAULT-VALUE}.")
    private Duration requestTimeout = Duration.ZERO;

    @Option(
            names = "--idle-timeout",
            paramLabel = "DURATION",
            defaultValue = "75s",
            converter = Durations.class,
            description = "How long a connection may stay without a request. Default: ${DEFAULT-VALUE}.")
    private Duration idleTimeout = Duration.ZERO;

    @Option(
            names = "--shutdown-timeout",
            paramLabel = "DURATION",
            defaultValue = "10s",
            converter = Durations.class,
            description = "How long requests in progress may take when the server stops. Default: ${DEFAULT-VALUE}.")
    private Duration shutdownTimeout = Duration.ZERO;

    @Option(names = "--insecure", description = "Listen beyond this machine although nobody is asked who they are.")
    private boolean insecure;

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            defaultValue = "info",
            converter = LogLevel.Converter.class,
            description =
                    "What is logged on standard error: error, warn, info, debug, trace. Default: ${DEFAULT-VALUE}.")
    private LogLevel logLevel = LogLevel.INFO;

    @SuppressWarnings("UnusedVariable") // Settings reads it by way of the option.
    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "YAML file with further options.")
    private @Nullable Path config;

    public ServeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Settings.fill(spec, console.environment());
        LogConfiguration.setLevel(logLevel);
        ServerOptions options = options();
        CountDownLatch stop = new CountDownLatch(1);
        if (raft == null) {
            stopOnSignals(stop);
        }
        try (VarveServer server = VarveServer.start(options)) {
            // A node may wait for others to start; until then a signal ends it at once.
            stopOnSignals(stop);
            // For whatever else ends the process; closing twice does no harm.
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(server::close));
            for (String line :
                    Banner.lines(server, Environment.system().wallClock().instant())) {
                console.println(line);
            }
            console.out().flush();
            stop.await();
            console.say("Stopping: requests in progress may take up to " + shutdownTimeout.toSeconds() + " s.");
        } catch (StartupException e) {
            throw new Failure(e.getMessage() == null ? e.toString() : e.getMessage(), e);
        }
        console.say("Stopped.");
        return ExitCode.OK;
    }

    private static void stopOnSignals(CountDownLatch stop) {
        Signals.register("TERM", stop::countDown);
        Signals.register("INT", stop::countDown);
    }

    /** What the options mean to the server. */
    private ServerOptions options() {
        try {
            StoreOptions store = StoreOptions.defaults()
                    .withMaxKeyBytes(bytes("--max-key-bytes", maxKey))
                    .withMaxValueBytes(bytes("--max-value-bytes", maxValue))
                    .withMaxBatchBytes(bytes("--max-batch-bytes", maxBatch))
                    .withSnapshotAge(snapshotAge);
            ServerOptions.Builder builder = ServerOptions.builder(data)
                    .http(http.host(), http.port())
                    .advertisedHttp(advertiseHttp == null ? null : advertiseHttp.toString())
                    .nodeId(nodeId)
                    .cluster(cluster())
                    .timeouts(Timeouts.defaults()
                            .withRequest(requestTimeout)
                            .withIdle(idleTimeout)
                            .withShutdown(shutdownTimeout))
                    .maxConnections(maxConnections)
                    .insecure(insecure);
            if (memory != null) {
                store = divideMemory(memory, store, builder);
            }
            return builder.store(store).build();
        } catch (IllegalArgumentException | StoreException e) {
            throw new Usage(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private @Nullable ClusterSettings cluster() {
        HostPort listen = raft;
        if (listen == null) {
            if (peers != null || bootstrap || credentials.isGiven()) {
                throw new Usage(
                        "--peers, --bootstrap, --cluster-secret-file and --raft-tls-... are for a node of a cluster: give --raft HOST:PORT as well.");
            }
            return null;
        }
        return new ClusterSettings(
                listen.host(),
                listen.port(),
                peers == null ? Map.of() : peers.addresses(),
                bootstrap,
                credentials.read(),
                logRetention,
                catchUpRate,
                rebuild);
    }

    /**
     * Of the memory an eighth is for requests, a quarter for the store; three eighths are the heap, which the launcher gave the JVM, and what is left
     * is for the JVM itself: code, classes, stacks, and what its collector keeps.
     */
    private StoreOptions divideMemory(long bytes, StoreOptions store, ServerOptions.Builder builder) {
        long largest = ServerOptions.largestBodyBytes(store);
        if (bytes < 2 * largest) {
            throw new Usage(
                    "--memory is " + Sizes.show(bytes) + ", but must hold the largest request twice: give at least "
                            + Sizes.show(2 * largest) + ", or lower --max-value-bytes and --max-batch-bytes.");
        }
        long heap = Runtime.getRuntime().maxMemory();
        if (heap > bytes / 2) {
            console.say("--memory is " + Sizes.show(bytes) + ", but the heap of this JVM may grow to "
                    + Sizes.show(heap) + ": give it -Xmx" + ((bytes * 3 / 8) >> 20)
                    + "m, or start the server by ./varve, which does.");
        }
        builder.requestMemoryBytes(Math.max(bytes / 8, largest));
        return store.withMemory(bytes / 4);
    }

    private static int bytes(String option, long size) {
        if (size > Integer.MAX_VALUE) {
            throw new Usage(option + " is " + Sizes.show(size) + ", which is too much.");
        }
        return (int) size;
    }
}
