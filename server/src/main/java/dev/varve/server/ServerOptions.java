package dev.varve.server;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.varve.storage.StoreOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a server is started. Immutable and checked when it is built.
 *
 * @param data directory of the store; created if it is not there
 * @param httpHost name or address to listen on; {@code 127.0.0.1}
 * @param httpPort port to listen on, 0 for any free one; 8080
 * @param advertisedHttp {@code host:port} under which clients reach this server, told in {@code Varve-Leader}; null for the
 *     address that it listens on
 * @param nodeId name of this node, told in {@code Varve-Leader}: letters, digits, {@code -}, {@code _} and {@code .}; null
 *     for the name that the store was founded with
 * @param cluster how this node takes part in a cluster; null to serve the store alone
 * @param store options of the store
 * @param timeouts how long the server waits
 * @param requestMemoryBytes bound on the bytes of requests and large answers in memory, all together; what does not fit
 *     stays unread in the sockets. Must hold one request of the largest size. An eighth of the heap, at least 32 MiB
 * @param maxConnections connections that are open at once; further ones are answered 503. 10,000
 * @param eventLoops threads that read and answer requests, 1 to 1,024. One per core
 * @param readThreads threads that wait for the disk in cold reads and ranges, 1 to 1,024. 16: an NVMe disk gives its rate
 *     only at some depth
 * @param maxQueuedReads cold reads and ranges that wait for such a thread; further ones are answered 503. 4,096
 * @param insecure true to listen beyond this machine although nobody is asked who they are
 */
public record ServerOptions(
        Path data,
        String httpHost,
        int httpPort,
        @Nullable String advertisedHttp,
        @Nullable String nodeId,
        @Nullable ClusterSettings cluster,
        StoreOptions store,
        Timeouts timeouts,
        long requestMemoryBytes,
        int maxConnections,
        int eventLoops,
        int readThreads,
        int maxQueuedReads,
        boolean insecure) {

    private static final int THREADS_MAX = 1024;
    private static final long REQUEST_MEMORY_BYTES_MIN = 32L << 20;

    public ServerOptions {
        bounds("the HTTP port (--http)", httpPort, 0, 65_535);
        bounds("maxConnections", maxConnections, 1, 1_000_000);
        bounds("eventLoops", eventLoops, 1, THREADS_MAX);
        bounds("readThreads", readThreads, 1, THREADS_MAX);
        bounds("maxQueuedReads", maxQueuedReads, 1, 1_000_000);
        bounds("requestMemoryBytes", requestMemoryBytes, largestBodyBytes(store), 1L << 40);
        if (nodeId != null && !nodeId.matches("[A-Za-z0-9._-]{1,64}")) {
            throw new IllegalArgumentException("the node id (--node-id) is \"" + nodeId
                    + "\", but must be 1 to 64 letters, digits, '-', '_' or '.'");
        }
        if (cluster != null
                && (nodeId == null || cluster.peers().keySet().stream().allMatch(nodeId::equals))
                && !(cluster.bootstrap() && nodeId != null)) {
            throw new IllegalArgumentException("a node of a cluster needs a name (--node-id), and the other nodes"
                    + " (--peers) unless it founds the cluster (--bootstrap)");
        }
        if (advertisedHttp != null && !advertisedHttp.matches("[!-~]{1,255}:[0-9]{1,5}")) {
            throw new IllegalArgumentException(
                    "the advertised address (--advertise-http) is \"" + advertisedHttp + "\", but must be HOST:PORT");
        }
    }

    /** Begins with the defaults on a directory. */
    public static Builder builder(Path data) {
        return new Builder(data);
    }

    /** The largest body that a request to a store of these options may have: a batch, whose JSON may be twice its data. */
    public static long largestBodyBytes(StoreOptions store) {
        return Math.max(store.maxValueBytes(), 2L * store.maxBatchBytes());
    }

    private static void bounds(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " is " + value + ", but must lie between " + min + " and " + max);
        }
    }

    /** Collects what differs from the defaults. Not thread-safe. */
    public static final class Builder {
        private final Path data;
        private String httpHost = "127.0.0.1";
        private int httpPort = 8080;
        private @Nullable String advertisedHttp;
        private @Nullable String nodeId;
        private @Nullable ClusterSettings cluster;
        private StoreOptions store = StoreOptions.defaults();
        private Timeouts timeouts = Timeouts.defaults();
        private long requestMemoryBytes;
        private int maxConnections = 10_000;
        private int eventLoops = Runtime.getRuntime().availableProcessors();
        private int readThreads = 16;
        private int maxQueuedReads = 4096;
        private boolean insecure;

        private Builder(Path data) {
            this.data = data;
        }

        @CanIgnoreReturnValue
        public Builder http(String host, int port) {
            httpHost = host;
            httpPort = port;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder advertisedHttp(@Nullable String hostAndPort) {
            advertisedHttp = hostAndPort;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder nodeId(@Nullable String id) {
            nodeId = id;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder cluster(@Nullable ClusterSettings options) {
            cluster = options;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder store(StoreOptions options) {
            store = options;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder timeouts(Timeouts values) {
            timeouts = values;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder requestMemoryBytes(long bytes) {
            requestMemoryBytes = bytes;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder maxConnections(int count) {
            maxConnections = count;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder eventLoops(int count) {
            eventLoops = count;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder readThreads(int count) {
            readThreads = count;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder maxQueuedReads(int count) {
            maxQueuedReads = count;
            return this;
        }

        @CanIgnoreReturnValue
        public Builder insecure(boolean allowed) {
            insecure = allowed;
            return this;
        }

        /**
         * The options.
         *
         * @throws IllegalArgumentException if one is outside its bounds; the message names it
         */
        public ServerOptions build() {
            long memory = requestMemoryBytes > 0
                    ? requestMemoryBytes
                    : Math.max(
                            Math.max(REQUEST_MEMORY_BYTES_MIN, largestBodyBytes(store)),
                            Runtime.getRuntime().maxMemory() / 8);
            return new ServerOptions(
                    data,
                    httpHost,
                    httpPort,
                    advertisedHttp,
                    nodeId,
                    cluster,
                    store,
                    timeouts,
                    memory,
                    maxConnections,
                    eventLoops,
                    readThreads,
                    maxQueuedReads,
                    insecure);
        }
    }
}
