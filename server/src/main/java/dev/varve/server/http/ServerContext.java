package dev.varve.server.http;

import dev.varve.replication.cluster.ServedStore;
import dev.varve.server.ServerOptions;
import dev.varve.storage.Store;
import dev.varve.storage.io.Ticker;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What all connections of a server share. Thread-safe. */
final class ServerContext {

    private final ServerOptions options;
    private final ServedStore served;
    private final ReadPool readPool;
    private final Ticker ticker;
    private final InstantSource wallClock;
    private final MemoryBudget budget;
    private final AtomicInteger connections = new AtomicInteger();
    private volatile boolean draining;
    private volatile Function<@Nullable String, Page> metricsPage =
            accept -> new Page(AnswerWriter.TEXT, AnswerWriter.utf8(""));

    /** A page made by somebody else, with its media type. */
    record Page(String mediaType, byte[] body) {}

    ServerContext(
            ServerOptions options, ServedStore served, ReadPool readPool, Ticker ticker, InstantSource wallClock) {
        this.options = options;
        this.served = served;
        this.readPool = readPool;
        this.ticker = ticker;
        this.wallClock = wallClock;
        this.budget = new MemoryBudget(options.requestMemoryBytes());
    }

    ServerOptions options() {
        return options;
    }

    /** Takes the writes, and says when reads may go to the store. */
    ServedStore served() {
        return served;
    }

    Store store() {
        return served.store();
    }

    ReadPool readPool() {
        return readPool;
    }

    Ticker ticker() {
        return ticker;
    }

    InstantSource wallClock() {
        return wallClock;
    }

    MemoryBudget budget() {
        return budget;
    }

    /** Longest request line: room for three keys, the bounds of a range and where to go on, with every byte escaped. */
    int requestLineBytesMax() {
        return 9 * options.store().maxKeyBytes() + (4 << 10);
    }

    /** Largest header section. Netty joins folded lines one by one, in time that grows with the square of this. */
    int headerBytesMax() {
        return 8 << 10;
    }

    AtomicInteger connections() {
        return connections;
    }

    /** The metrics for a client with this {@code Accept} header. */
    Page metricsPage(@Nullable String accept) {
        return metricsPage.apply(accept);
    }

    /** Sets what makes the page of metrics. */
    void publishMetrics(Function<@Nullable String, Page> page) {
        metricsPage = page;
    }

    /** True once the server is being closed: requests are finished, none is begun. */
    boolean draining() {
        return draining;
    }

    void startDraining() {
        draining = true;
    }
}
