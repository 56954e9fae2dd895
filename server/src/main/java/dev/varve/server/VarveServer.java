package dev.varve.server;

import dev.varve.replication.cluster.ClusterOptions;
import dev.varve.replication.cluster.LastingNode;
import dev.varve.replication.cluster.LoneStore;
import dev.varve.replication.cluster.NodeCredentials;
import dev.varve.replication.cluster.ServedStore;
import dev.varve.server.http.HttpListener;
import dev.varve.server.metrics.LogSyncMetrics;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.io.Environment;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store that is served over HTTP. Thread-safe.
 *
 * <pre>{@code
 * try (VarveServer server = VarveServer.start(ServerOptions.builder(directory).build())) {
 *     System.out.println("http://127.0.0.1:" + server.httpAddress().getPort());
 *     ...
 * }
 * }</pre>
 */
public final class VarveServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(VarveServer.class);

    private final ServerOptions options;
    private final ServedStore served;
    private final ExecutorService reads;
    private final HttpListener http;
    private final AtomicBoolean closed = new AtomicBoolean();

    private VarveServer(ServerOptions options, ServedStore served, ExecutorService reads, HttpListener http) {
        this.options = options;
        this.served = served;
        this.reads = reads;
        this.http = http;
    }

    /**
     * Opens the store and the port. When it returns, requests are served.
     *
     * @throws StartupException if the server cannot be started; nothing is left open then
     */
    public static VarveServer start(ServerOptions options) {
        return start(options, Environment.system());
    }

    /** Starts in the given surroundings; for tests. */
    static VarveServer start(ServerOptions options, Environment environment) {
        InetSocketAddress address = listenAddress(options);
        ExecutorService reads = readThreads(options.readThreads());
        ServedStore served;
        try {
            served = open(options, environment, reads);
        } catch (RuntimeException e) {
            reads.shutdown();
            throw e;
        }
        try {
            LogSyncMetrics syncs = new LogSyncMetrics();
            served.addListener(syncs);
            HttpListener http = HttpListener.open(
                    options,
                    new HttpListener.Surroundings(served, reads, syncs, environment.ticker(), environment.wallClock()),
                    address);
            return new VarveServer(options, served, reads, http);
        } catch (Throwable e) {
            reads.shutdown();
            served.close();
            throw portFailure(options, e);
        }
    }

    /** The address of the HTTP port. */
    public InetSocketAddress httpAddress() {
        return http.address();
    }

    /** The store that is served. */
    public Store store() {
        return served.store();
    }

    /** The options that it was started with. */
    public ServerOptions options() {
        return options;
    }

    /**
     * Stops: lets another node of the cluster lead, accepts nothing more, lets requests in progress end for at most {@link Timeouts#shutdown}, then closes the
     * store. Returns when everything is closed; does nothing the second time.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        served.stepAside();
        http.drain(options.timeouts().shutdown().toNanos());
        reads.shutdown();
        http.close();
        awaitReads();
        served.close();
    }

    private void awaitReads() {
        try {
            if (!reads.awaitTermination(options.timeouts().shutdown().toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("Reads of the disk are still waiting; the store is closed under them");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static InetSocketAddress listenAddress(ServerOptions options) {
        String remedy = options.insecure()
                ? null
                : "the server does not ask anybody who they are. Listen on 127.0.0.1, or add --insecure if the network is"
                        + " trusted.";
        return listenAddress("--http", options.httpHost(), options.httpPort(), remedy);
    }

    private static InetSocketAddress raftAddress(ServerOptions options, ClusterSettings settings) {
        String remedy = options.insecure() || !settings.credentials().equals(ClusterSettings.Credentials.NONE)
                ? null
                : "whoever reaches it can read and change everything. Give the nodes a --cluster-secret-file or certificates"
                        + " (--raft-tls-cert), listen on 127.0.0.1, or add --insecure if the network is trusted.";
        return listenAddress("--raft", settings.raftHost(), settings.raftPort(), remedy);
    }

    /** @param exposed what must not be reachable from other machines, and the remedy; null if it may be */
    private static InetSocketAddress listenAddress(String option, String host, int port, @Nullable String exposed) {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new StartupException(
                    "The host \"" + host + "\" of " + option + " cannot be resolved. Give an address of this"
                            + " machine, such as " + option + " 127.0.0.1:8080.",
                    null);
        }
        if (!address.getAddress().isLoopbackAddress() && exposed != null) {
            throw new StartupException(
                    option + " " + host + ":" + port + " is reachable from other machines, and " + exposed, null);
        }
        return address;
    }

    /** What the settings mean to the node; null if the store is served alone. */
    private static @Nullable ClusterOptions cluster(ServerOptions options) {
        ClusterSettings settings = options.cluster();
        String node = options.nodeId();
        if (settings == null || node == null) {
            return null;
        }
        Map<String, InetSocketAddress> peers = new HashMap<>();
        settings.peers()
                .forEach((name, address) ->
                        peers.put(name, InetSocketAddress.createUnresolved(address.host(), address.port())));
        return new ClusterOptions(
                node,
                raftAddress(options, settings),
                peers,
                settings.bootstrap(),
                credentials(settings.credentials()),
                ClusterOptions.ELECTION_MILLIS_DEFAULT,
                settings.logRetentionBytes(),
                settings.catchUpBytesPerSecond(),
                settings.rebuild());
    }

    private static NodeCredentials credentials(ClusterSettings.Credentials given) {
        ClusterSettings.Tls tls = given.tls();
        return new NodeCredentials(
                given.secret(),
                tls == null ? null : new NodeCredentials.Tls(tls.certificate(), tls.key(), tls.authority()));
    }

    private static ServedStore open(ServerOptions options, Environment environment, Executor reads) {
        ClusterOptions cluster = cluster(options);
        try {
            if (cluster != null) {
                return LastingNode.start(cluster, options.data(), options.store(), environment, reads);
            }
            Store store = Store.open(options.data(), options.store(), environment);
            return new LoneStore(store, options.nodeId() != null ? options.nodeId() : store.nodeId(), reads);
        } catch (IOException e) {
            throw new StartupException("The node cannot take part in its cluster: " + e.getMessage(), e);
        } catch (StoreException e) {
            String directory = options.data().toAbsolutePath().normalize().toString();
            String remedy = switch (e.kind()) {
                case LOCKED -> "Another server uses " + directory + ". Stop it, or give another directory with --data.";
                case UNUSABLE_DIRECTORY ->
                    "The directory " + directory + " cannot be used. Check its owner and mode, or give another"
                            + " one with --data.";
                case UNSUPPORTED_VERSION ->
                    "The files in " + directory + " were written by another version. Start that version, or"
                            + " give another directory with --data.";
                case CORRUPTION ->
                    "A file in " + directory + " is damaged. Run \"varve verify " + directory
                            + "\" to see what; restore it from a copy"
                            + (cluster == null
                                    ? "."
                                    : ", or start with --rebuild to fetch everything from the other nodes.");
                case DISK_FULL -> "No space is left on the disk of " + directory + ". Free some, and start again.";
                case INVALID_ARGUMENT,
                        TOO_LARGE,
                        CLOSED,
                        OVERLOADED,
                        LOG_FAILED,
                        OUTCOME_UNKNOWN,
                        BLOCKED,
                        NO_LEADER,
                        REQUEST_REUSED,
                        REQUEST_TABLE_FULL,
                        SNAPSHOT_EXPIRED,
                        IO -> "The store in " + directory + " cannot be opened.";
            };
            throw new StartupException(remedy + " (" + e.getMessage() + ")", e);
        }
    }

    private static RuntimeException portFailure(ServerOptions options, Throwable cause) {
        String where = options.httpHost() + ":" + options.httpPort();
        if (cause instanceof BindException) {
            return new StartupException(
                    "The address " + where + " cannot be listened on: " + cause.getMessage()
                            + ". Stop the other process, or choose another port with --http HOST:PORT.",
                    cause);
        }
        return new StartupException("The HTTP port " + where + " (--http) cannot be opened: " + cause, cause);
    }

    private static ExecutorService readThreads(int count) {
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                count, count, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), newThreads("varve-read"));
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    private static ThreadFactory newThreads(String name) {
        AtomicInteger number = new AtomicInteger();
        return work -> Thread.ofPlatform()
                .name(name + "-" + number.incrementAndGet())
                .daemon(true)
                .unstarted(work);
    }
}
