package dev.varve.replication.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.replication.ReplicaNode;
import dev.varve.replication.transport.RaftTransport;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.io.Ticker;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves leadership away from this node: when it stops, when its disk is full and another one has space, so that clients can go on writing, and when its
 * disk is slow beside the others'. While none has space, the leader stays and refuses puts.
 *
 * <p>Thread-safe.
 */
final class HandOver {

    private static final Logger logger = LoggerFactory.getLogger(HandOver.class);
    private static final long LOOK_MILLIS = 500;

    private final ReplicaNode replica;
    private final Store store;
    private final PeerBoard board;
    private final Joining joining;
    private final RaftTransport transport;
    private final Executor blocking;
    private final Ticker ticker;
    private final SyncLatency syncs;
    private final SlowDisk slowDisk = new SlowDisk();
    private volatile boolean closed;

    /** Who leads, as was heard last. */
    @GuardedBy("this")
    private @Nullable String leader;

    /**
     * @param syncs of this node's log
     * @param blocking runs what may wait
     */
    HandOver(
            ReplicaNode replica,
            Store store,
            PeerBoard board,
            Joining joining,
            RaftTransport transport,
            SyncLatency syncs,
            Executor blocking,
            Ticker ticker) {
        this.replica = replica;
        this.store = store;
        this.board = board;
        this.joining = joining;
        this.transport = transport;
        this.syncs = syncs;
        this.blocking = blocking;
        this.ticker = ticker;
    }

    /** Begins to look. */
    void start() {
        if (closed) {
            return;
        }
        boolean leads = replica.leadingTerm() != 0;
        List<String> voters = joining.members().voters();
        if (leads && store.needsSpace()) {
            move(board.withSpace(voters), "the disk is full");
        } else {
            long own = syncs.p99Micros();
            long others = board.othersSyncMicros(voters);
            if (slowDisk.look(leads, own, others, ticker.nanos())) {
                slowDisk.goes(ticker.nanos());
                move(
                        board.fastest(voters),
                        "the disk is slow: of a hundred syncs the slowest takes " + own / 1000 + " ms, with the others "
                                + others / 1000 + " ms");
            }
        }
        transport.schedule(this::start, LOOK_MILLIS);
    }

    /**
     * Hands leadership over if this node has it, and waits until another one has it. What does not come off, since members are being changed
     * or the successor does not take it, is tried again.
     *
     * @param attempts how often at most
     * @param attemptMillis how long each may take
     */
    void now(int attempts, long attemptMillis) {
        for (int i = 0; i < attempts && replica.leadingTerm() != 0; i++) {
            synchronized (this) {
                leader = null;
            }
            StoreException trouble = replica.changes().transfer(null);
            if (trouble != null) {
                logger.info("leadership is not handed over: {}", trouble.getMessage());
                if (trouble.kind() != StoreException.Kind.OVERLOADED) {
                    return;
                }
            }
            awaitOther(attemptMillis);
        }
    }

    private synchronized void awaitOther(long timeoutMillis) {
        long end = ticker.nanos() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        String self = transport.identity().node();
        try {
            for (long left = end - ticker.nanos();
                    left > 0 && (leader == null || self.equals(leader));
                    left = end - ticker.nanos()) {
                wait(TimeUnit.NANOSECONDS.toMillis(left) + 1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A node leads from now on. */
    synchronized void led(String node) {
        leader = node;
        notifyAll();
    }

    private void move(@Nullable String successor, String reason) {
        if (successor == null) {
            return;
        }
        try {
            blocking.execute(() -> {
                logger.warn("{}: '{}' is to lead instead", reason, successor);
                StoreException trouble = replica.changes().transfer(successor);
                if (trouble != null) {
                    logger.warn("'{}' does not lead: {}", successor, trouble.getMessage());
                }
            });
        } catch (RejectedExecutionException e) {
            logger.debug("there is no thread to hand leadership over; it is tried again soon", e);
        }
    }

    void close() {
        closed = true;
    }
}
