package dev.varve.replication.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.replication.ReplicaNode;
import dev.varve.replication.transport.RaftTransport;
import dev.varve.storage.Entry;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.Frames;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.index.KeyStretch;
import dev.varve.storage.io.OwnedThread;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.log.Log;
import dev.varve.storage.state.RepairSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has damage to this node's files repaired from other nodes as soon as it is met, the log go on behind what is damaged of it, and the replicas compared:
 * after each pass of the scrub, and when somebody asks. Owns its thread. Thread-safe.
 */
final class Healing {

    private static final Logger logger = LoggerFactory.getLogger(Healing.class);

    private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final int SNAPSHOT_MILLIS = 2_000;

    private final Store store;
    private final ReplicaNode replica;
    private final RaftTransport transport;
    private final Supplier<List<String>> peers;
    private final Rebuilding rebuilding;
    private final Ticker ticker;
    private final OwnedThread thread;

    /** Who waits for a comparison. */
    @GuardedBy("this")
    private final List<Asked> asked = new ArrayList<>();

    @GuardedBy("this")
    private boolean damaged;

    @GuardedBy("this")
    private boolean closed;

    /** When a repair is tried again that failed or left something; used by the thread alone, like what follows. */
    private long againNanos;

    private long pauseNanos;
    private long scrubs;

    /** The peer that is asked first. */
    private final AtomicInteger first = new AtomicInteger();

    private volatile @Nullable ReplicaDigests last;

    /** Told how a comparison ended. */
    interface Asked {
        void compared(@Nullable ReplicaDigests digests, @Nullable StoreException trouble);
    }

    /** Gives the store up and fetches all anew; see {@link LastingNode#rebuild}. */
    interface Rebuilding {

        /** Returns null if it will be done; or why it is not, in words. */
        @Nullable
        String rebuild(String why);
    }

    /**
     * @param peers tells the names of the other members
     * @param rebuilding for a node that has failed because of damage, which cannot be healed otherwise
     */
    Healing(
            Store store,
            ReplicaNode replica,
            RaftTransport transport,
            Supplier<List<String>> peers,
            Rebuilding rebuilding,
            Ticker ticker) {
        this.store = store;
        this.replica = replica;
        this.transport = transport;
        this.peers = peers;
        this.rebuilding = rebuilding;
        this.ticker = ticker;
        this.againNanos = ticker.nanos();
        this.thread =
                OwnedThread.patient("varve-healing-" + transport.identity().node(), this::run);
    }

    void start() {
        store.state().damages().listen(this::met);
        thread.start();
    }

    private synchronized void met() {
        damaged = true;
        notifyAll();
    }

    /** Compares the replicas; the answer comes from this one's thread. */
    void compare(Asked callback) {
        synchronized (this) {
            if (!closed) {
                asked.add(callback);
                notifyAll();
                return;
            }
        }
        callback.compared(null, closing());
    }

    private static StoreException closing() {
        return new StoreException(StoreException.Kind.CLOSED, "the node is closing");
    }

    /** What the last comparison found; null if there was none. */
    @Nullable
    ReplicaDigests last() {
        return last;
    }

    private void run() {
        while (awaitWork()) {
            try {
                heal();
                compareForThoseWhoAsk();
                compareAfterScrub();
            } catch (RuntimeException e) {
                logger.error("the healing of damage broke an invariant", e);
                pause();
            }
        }
    }

    private synchronized boolean awaitWork() {
        try {
            if (!closed && !damaged && asked.isEmpty()) {
                TimeUnit.NANOSECONDS.timedWait(this, LOOK_NANOS);
            }
            return !closed;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private void heal() {
        boolean fresh;
        synchronized (this) {
            fresh = damaged;
            damaged = false;
        }
        if (fresh) {
            pauseNanos = 0;
        } else if (ticker.nanos() - againNanos < 0
                || store.state().damages().files().isEmpty()) {
            return;
        }
        if (replica.failure() instanceof CorruptionException fatal) {
            rebuild(fatal);
            return;
        }
        try {
            store.state().repairer().repair(this::open);
            if (leaveDamagedLog()) {
                store.state().repairer().repair(this::open);
            }
            if (store.state().damages().files().isEmpty()) {
                pauseNanos = 0;
                return;
            }
        } catch (IOException e) {
            logger.warn("damage is not repaired yet, will go on trying: {}", e.getMessage());
            first.incrementAndGet();
        }
        pause();
    }

    /** What Raft wanted to read of the log is damaged: its node has ended, and the store would not open. */
    private void rebuild(CorruptionException fatal) {
        String refusal = rebuilding.rebuild(String.valueOf(fatal.getMessage()));
        if (refusal != null) {
            logger.warn("the node has failed because of damage and is not rebuilt: {}", refusal);
        }
        pause();
    }

    /**
     * Has the log go on in another segment, and begin behind those that are damaged: their records can be had from nobody, since the files of other
     * replicas are others. What they said is in tables then. A member that lags behind the begin of the log is sent a checkpoint.
     *
     * @return false if no segment of the log is damaged
     * @throws IOException if the log does not begin behind what was applied; to be tried again
     */
    private boolean leaveDamagedLog() throws IOException {
        Set<Long> damaged = store.state().damages().files().stream()
                .flatMap(file -> FileName.parse(file).stream())
                .filter(name -> name.kind() == FileKind.LOG)
                .map(FileName::id)
                .collect(Collectors.toSet());
        if (damaged.isEmpty()) {
            return false;
        }
        Log log = store.state().log();
        log.seal(damaged);
        long applied = store.state().appliedIndex();
        for (int i = 0; i < 2; i++) { // The log is truncated behind the checkpoint before the last one.
            checkpoint();
        }
        await("the log begins behind entry " + applied, () -> log.firstIndex() > applied);
        logger.info("the log begins at entry {} now, behind what is damaged in it", log.firstIndex());
        return true;
    }

    private void checkpoint() throws IOException {
        CompletableFuture<Void> made = replica.checkpoint();
        await("there is a checkpoint", made::isDone);
        try {
            made.join();
        } catch (CompletionException e) {
            throw new IOException("there is no checkpoint: " + e.getMessage(), e);
        }
    }

    private void await(String words, BooleanSupplier condition) throws IOException {
        for (long left = PATIENCE_NANOS / POLL_NANOS; !condition.getAsBoolean(); left--) {
            if (left == 0 || isClosed()) {
                throw new IOException("it is not so yet that " + words);
            }
            LockSupport.parkNanos(this, POLL_NANOS);
        }
    }

    private void pause() {
        pauseNanos = Math.clamp(2 * pauseNanos, FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);
        againNanos = ticker.nanos() + pauseNanos;
    }

    private RepairSource open(long leastRevision) throws IOException {
        List<String> names = peers.get();
        IOException failure = new IOException("there is no other node");
        for (int i = 0; i < names.size(); i++) {
            String peer = names.get(Math.floorMod(first.get() + i, names.size()));
            try {
                PeerSnapshot snapshot = PeerSnapshot.open(transport, peer, SharedSnapshots.NOW, SNAPSHOT_MILLIS);
                if (snapshot.revision() >= leastRevision) {
                    return snapshot;
                }
                snapshot.close();
                failure = new IOException("'" + peer + "' has revision " + snapshot.revision() + ", and revision "
                        + leastRevision + " is needed");
            } catch (IOException e) {
                failure = e;
            }
        }
        throw failure;
    }

    private void compareForThoseWhoAsk() {
        List<Asked> waiting;
        synchronized (this) {
            waiting = List.copyOf(asked);
            asked.clear();
        }
        if (!waiting.isEmpty()) {
            compare((digests, trouble) -> waiting.forEach(each -> each.compared(digests, trouble)), trouble -> {});
        }
    }

    private void compareAfterScrub() {
        long ended = store.state().scrubber().progress().passes();
        if (ended > scrubs) {
            scrubs = ended;
            compare((digests, trouble) -> {}, trouble -> logger.warn("the replicas were not compared: {}", trouble));
        }
    }

    private void compare(Asked callback, Consumer<String> failed) {
        try {
            ReplicaDigests digests = new Comparison(store, transport, this::isClosed).run(peers.get());
            last = digests;
            if (!digests.differences().isEmpty()) {
                logger.error(
                        "replicas differ as of revision {}: {} stretches of keys, the first of node '{}'",
                        digests.revision(),
                        digests.differences().size(),
                        digests.differences().getFirst().node());
            }
            callback.compared(digests, null);
        } catch (IOException e) {
            failed.accept(String.valueOf(e.getMessage()));
            callback.compared(
                    null,
                    new StoreException(
                            StoreException.Kind.NO_LEADER, "the replicas were not compared: " + e.getMessage(), e));
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /**
     * Reads a key of another member. Blocks for some seconds at most.
     *
     * @param leastRevision the other member must have
     * @return null if it has no such key
     * @throws IOException if nobody tells
     */
    @Nullable
    Entry read(byte[] key, long leastRevision) throws IOException {
        byte[] indexKey = IndexKey.of(Frames.USER, key);
        try (RepairSource replica = open(leastRevision)) {
            List<RepairSource.Row> rows = replica.rows(indexKey, KeyStretch.behind(indexKey));
            return rows.isEmpty()
                    ? null
                    : new Entry(key, rows.getFirst().value(), rows.getFirst().revision());
        }
    }

    /** Ends the thread. */
    void close() {
        List<Asked> waiting;
        synchronized (this) {
            closed = true;
            waiting = List.copyOf(asked);
            asked.clear();
            notifyAll();
        }
        store.state().repairer().close();
        waiting.forEach(each -> each.compared(null, closing()));
        thread.join();
    }
}
