package dev.varve.replication.cluster;

import dev.varve.replication.InterceptedFiles;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.io.Environment;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.Ticker;
import dev.varve.testkit.SimulatedFileSystem;
import dev.varve.testkit.network.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Three nodes of a cluster in this process, each on a simulated disk of its own. */
final class InProcessCluster implements AutoCloseable {

    static final List<String> NAMES = List.of("n1", "n2", "n3");
    static final Path DATA = Path.of("/data");
    private static final long RETENTION_BYTES = 64 << 20;
    static final StoreOptions SIZES = StoreOptions.defaults()
            .withSegmentBytes(1 << 20)
            .withMemtableBytes(1 << 20)
            .withCheckpoint(1 << 20, 150)
            .withCacheBytes(1 << 20);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Map<String, InetSocketAddress> addresses = new LinkedHashMap<>();
    private final Map<String, SimulatedFileSystem> disks = new TreeMap<>();
    private final Map<String, LastingNode> nodes = new TreeMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private final @Nullable AtomicBoolean damaged;
    private final long retentionBytes;

    /** How long each sync takes on the disk of a node, if not no time at all. */
    private final Map<String, Long> syncNanos = new ConcurrentHashMap<>();

    /** Whether nodes that are started from now on give up a store that is damaged. */
    private boolean rebuilds;

    InProcessCluster() throws Exception {
        this(RETENTION_BYTES, null);
    }

    /** @param prepare is done with the disk of the node that founds the cluster, before anything is started */
    InProcessCluster(Consumer<Environment> prepare) throws Exception {
        this(RETENTION_BYTES, null, prepare);
    }

    /**
     * @param damaged if given, one bit of what is sent of a checkpoint is wrong, once; set when that has happened
     */
    InProcessCluster(long retentionBytes, @Nullable AtomicBoolean damaged) throws Exception {
        this(retentionBytes, damaged, environment -> {});
    }

    private InProcessCluster(long retentionBytes, @Nullable AtomicBoolean damaged, Consumer<Environment> prepare)
            throws Exception {
        this.retentionBytes = retentionBytes;
        this.damaged = damaged;
        for (String name : NAMES) {
            addresses.put(name, freeAddress());
            disks.put(name, new SimulatedFileSystem());
        }
        prepare.accept(environment(NAMES.getFirst()));
        startAll();
    }

    /** Starts all nodes, which wait for each other, and waits until they are members and know who leads. */
    void startAll() throws Exception {
        Map<String, Future<LastingNode>> starting = new TreeMap<>();
        for (String name : NAMES) {
            starting.put(name, threads.submit(() -> create(name)));
        }
        for (Map.Entry<String, Future<LastingNode>> each : starting.entrySet()) {
            nodes.put(each.getKey(), each.getValue().get(60, TimeUnit.SECONDS));
        }
        NAMES.forEach(this::awaitReady);
    }

    void start(String name) throws IOException {
        startUnready(name);
        awaitReady(name);
    }

    /** Starts a node and does not wait for it. */
    void startUnready(String name) throws IOException {
        nodes.put(name, create(name));
    }

    /** Nodes that are started from now on give up a store that is damaged. */
    void rebuildDamaged() {
        rebuilds = true;
    }

    /** Gives a node that is down another disk, an empty one. */
    void wipe(String name) {
        disks.put(name, new SimulatedFileSystem());
    }

    /** Starts a node that none of the others has been told of, and does not wait for it. */
    void startStranger(String name) throws Exception {
        addresses.put(name, freeAddress());
        disks.put(name, new SimulatedFileSystem());
        startUnready(name);
    }

    private Environment environment(String name) {
        FileSystem files = damaged == null ? disk(name) : DamagedRead.of(disk(name), DATA.resolve("outgoing"), damaged);
        return new Environment(
                InterceptedFiles.wrap(files, method -> delay(name, method)),
                Ticker.system(),
                InstantSource.system(),
                new Random());
    }

    private static InetSocketAddress freeAddress() throws IOException {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), FreePort.find());
    }

    private LastingNode create(String name) throws IOException {
        return LastingNode.start(
                new ClusterOptions(
                        name,
                        Objects.requireNonNull(addresses.get(name)),
                        addresses,
                        name.equals("n1"),
                        NodeCredentials.NONE,
                        ClusterOptions.ELECTION_MILLIS_DEFAULT,
                        retentionBytes,
                        ClusterOptions.CATCH_UP_BYTES_PER_SECOND_DEFAULT,
                        rebuilds),
                DATA,
                SIZES,
                environment(name),
                threads);
    }

    LastingNode node(String name) {
        return Objects.requireNonNull(nodes.get(name), name + " is down");
    }

    SimulatedFileSystem disk(String name) {
        return Objects.requireNonNull(disks.get(name));
    }

    void stop(String name) {
        LastingNode node = nodes.remove(name);
        if (node != null) {
            node.close();
        }
    }

    void stopAll() {
        NAMES.forEach(this::stop);
    }

    /** A disk has no more space than it uses now, or as much as it wants. */
    void setFull(String name, boolean full) throws IOException {
        SimulatedFileSystem disk = disk(name);
        long used = full ? SimulatedFileSystem.UNBOUNDED - disk.usableBytes(DATA) : SimulatedFileSystem.UNBOUNDED;
        disk.setCapacityBytes(used);
    }

    /** From now on each sync takes so long on the disk of a node. */
    void setSyncMillis(String name, long millis) {
        syncNanos.put(name, TimeUnit.MILLISECONDS.toNanos(millis));
    }

    private void delay(String name, String method) {
        long nanos = method.equals("sync") ? syncNanos.getOrDefault(name, 0L) : 0;
        for (long end = System.nanoTime() + nanos, left = nanos; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private void awaitReady(String name) {
        until(name + " is ready", () -> node(name).unready() == null);
    }

    /** Waits until some running node leads, other than this one, and all running nodes say so. */
    String awaitLeader(@Nullable String except) {
        String[] found = new String[1];
        until("there is a leader", () -> {
            List<@Nullable String> said = new ArrayList<>();
            nodes.values().forEach(node -> said.add(node.view().leader()));
            String first = said.getFirst();
            found[0] = first;
            return first != null
                    && !first.equals(except)
                    && nodes.containsKey(first)
                    && said.stream().allMatch(first::equals);
        });
        return found[0];
    }

    /** Some node that runs and is none of these. */
    String other(String... than) {
        return NAMES.stream()
                .filter(name -> nodes.containsKey(name) && !List.of(than).contains(name))
                .findFirst()
                .orElseThrow();
    }

    static void until(String words, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("still not: " + words);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    @Override
    public void close() {
        stopAll();
        threads.shutdownNow();
    }
}
