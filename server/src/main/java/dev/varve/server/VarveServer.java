package dev.varve.server;

import dev.varve.replication.sequencer.SequencerLimits;
import dev.varve.replication.sequencer.StateReader;
import dev.varve.replication.sequencer.WriteSequencer;
import dev.varve.server.http.HttpListener;
import dev.varve.server.metrics.LogSyncMetrics;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.io.Environment;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
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
    private final Store store;
    private final ExecutorService reads;
    private final HttpListener http;
    private final AtomicBoolean closed = new AtomicBoolean();

    private VarveServer(ServerOptions options, Store store, ExecutorService reads, HttpListener http) {
        this.options = options;
        this.store = store;
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
        Store store = openStore(options, environment);
        ExecutorService reads = readThreads(options.readThreads());
        try {
            LogSyncMetrics syncs = new LogSyncMetrics();
            store.addListener(syncs);
            WriteSequencer sequencer =
                    new WriteSequencer(StateReader.of(store), store::prepare, reads, SequencerLimits.defaults());
            HttpListener http = HttpListener.open(
                    options,
                    new HttpListener.Surroundings(
                            store, sequencer, reads, syncs, environment.ticker(), environment.wallClock()),
                    address);
            return new VarveServer(options, store, reads, http);
        } catch (Throwable e) {
            reads.shutdown();
            store.close();
            throw portFailure(options, e);
        }
    }

    /** The address of the HTTP port. */
    public InetSocketAddress httpAddress() {
        return http.address();
    }

    /** The store that is served. */
    public Store store() {
        return store;
    }

    /** The options that it was started with. */
    public ServerOptions options() {
        return options;
    }

    /**
     * Stops: accepts nothing more, lets requests in progress end for at most {@link Timeouts#shutdown}, then closes the
     * store. Returns when everything is closed; does nothing the second time.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        http.drain(options.timeouts().shutdown().toNanos());
        reads.shutdown();
        http.close();
        awaitReads();
        store.close();
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
        InetSocketAddress address = new InetSocketAddress(options.httpHost(), options.httpPort());
        if (address.isUnresolved()) {
            throw new StartupException(
                    "The host \"" + options.httpHost() + "\" of --http cannot be resolved. Give an address of this"
                            + " machine, such as --http 127.0.0.1:8080.",
                    null);
        }
        if (!address.getAddress().isLoopbackAddress() && !options.insecure()) {
            throw new StartupException(
                    "--http " + options.httpHost() + ":" + options.httpPort()
                            + " is reachable from other machines, and the server does not ask anybody who they are."
                            + " Listen on 127.0.0.1, or add --insecure if the network is trusted.",
                    null);
        }
        return address;
    }

    private static Store openStore(ServerOptions options, Environment environment) {
        try {
            return Store.open(options.data(), options.store(), environment);
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
                            + "\" to see what; restore it from a copy.";
                case DISK_FULL -> "No space is left on the disk of " + directory + ". Free some, and start again.";
                case INVALID_ARGUMENT, TOO_LARGE, CLOSED, OVERLOADED, LOG_FAILED, OUTCOME_UNKNOWN, BLOCKED, IO ->
                    "The store in " + directory + " cannot be opened.";
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
