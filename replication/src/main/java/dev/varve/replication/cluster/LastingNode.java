package dev.varve.replication.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.CommandCallback;
import dev.varve.replication.sequencer.SequencerStats;
import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import dev.varve.storage.StoreListener;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.io.Environment;
import dev.varve.storage.io.OwnedThread;
import dev.varve.storage.state.IncomingCheckpoint;
import dev.varve.storage.state.StateMachine;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node of a cluster that outlives its store: when the leader's checkpoint has been fetched, it closes the node and its store, puts the checkpoint in
 * its place, and starts both again, within the same process.
 *
 * <p>While it does, which takes a second or two, requests are refused; cursors and snapshots of the store of before end with
 * {@link Kind#CLOSED}. Nobody sees parts of both.
 *
 * <p>Thread-safe. Owns one thread.
 */
public final class LastingNode implements ServedStore {

    private static final Logger logger = LoggerFactory.getLogger(LastingNode.class);
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ClusterOptions options;
    private final Path data;
    private final StoreOptions sizes;
    private final Environment environment;
    private final Executor coldReads;
    private final OwnedThread thread;
    private final AtomicLong fetchedBytes = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final List<StoreListener> listeners = new ArrayList<>();

    @GuardedBy("lock")
    private @Nullable String http;

    /** What is to take the place of the store, or null. */
    @GuardedBy("lock")
    private @Nullable IncomingCheckpoint fetched;

    /** Why the store is to be given up, or null. */
    @GuardedBy("lock")
    private @Nullable String givenUp;

    @GuardedBy("lock")
    private boolean closed;

    private volatile ClusterNode node;

    /** Why the present node does not take requests, or null. */
    private volatile @Nullable String trouble;

    private LastingNode(
            ClusterOptions options, Path data, StoreOptions sizes, Environment environment, Executor coldReads)
            throws IOException {
        this.options = options;
        this.data = data.toAbsolutePath();
        this.sizes = sizes;
        this.environment = environment;
        this.coldReads = coldReads;
        this.thread = new OwnedThread("varve-node-" + options.node(), this::run);
        this.node = open();
    }

    /**
     * Starts a node; see {@link ClusterNode#start}.
     *
     * @throws StoreException if the store cannot be opened
     * @throws IOException if it cannot listen, is another node than the one whose store it is, or cannot take part
     */
    @SuppressWarnings("exports") // The surroundings are for the modules that the package is exported to.
    public static LastingNode start(
            ClusterOptions options, Path data, StoreOptions sizes, Environment environment, Executor coldReads)
            throws IOException {
        LastingNode lasting = new LastingNode(options, data, sizes, environment, coldReads);
        lasting.thread.start();
        return lasting;
    }

    /** Starts the node on what its directory holds, or anew if that is damaged and may be given up. */
    private ClusterNode open() throws IOException {
        try {
            return startNode();
        } catch (IOException | StoreException e) {
            if (!options.rebuild() || !isDamage(e)) {
                throw e;
            }
            renew(String.valueOf(e.getMessage()));
            return startNode();
        }
    }

    private ClusterNode startNode() throws IOException {
        return ClusterNode.start(
                options, data, sizes, environment, coldReads, this::fetched, this::failed, fetchedBytes);
    }

    /** The node has failed because of damage in the log. */
    private @Nullable String failed(String why) {
        return options.rebuild() ? rebuild(why) : "start it with --rebuild";
    }

    private static boolean isDamage(Exception failure) {
        return switch (failure) {
            case StoreException e -> e.kind() == Kind.CORRUPTION;
            case CorruptionException ignored -> true; // Of the vote.
            case NoSuchFileException ignored -> true; // As above.
            default -> false;
        };
    }

    /** Gives the store up for that of a new member; waits until some node of the cluster answers, and changes nothing before. */
    private void renew(String reason) throws IOException {
        logger.warn("the store in {} is given up, and its node joins as a new member: {}", data, reason);
        PeerAddressBook addresses = new PeerAddressBook(options.peers());
        StateMachine.renewMember(
                environment, data, ClusterNode.search(options.joining(), addresses, environment, this::isClosed));
    }

    /**
     * Gives the store up and fetches all anew from the leader, as a new member of the cluster: for a store in which so much is damaged that it
     * cannot be mended. Returns at once; it is done within the process.
     *
     * @param why in words, for the log
     * @return null if it will be done; or why it must not be, in words
     */
    public @Nullable String rebuild(String why) {
        String refusal = node.indispensable();
        if (refusal != null) {
            return refusal;
        }
        lock.lock();
        try {
            givenUp = why;
            changed.signalAll();
            return null;
        } finally {
            lock.unlock();
        }
    }

    private void fetched(IncomingCheckpoint checkpoint) {
        lock.lock();
        try {
            fetched = checkpoint;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (awaitChange()) {
            IncomingCheckpoint checkpoint;
            String why;
            lock.lock();
            try {
                checkpoint = fetched;
                why = givenUp;
                fetched = null;
                givenUp = null;
            } finally {
                lock.unlock();
            }
            trouble = why == null
                    ? "the node is being put on a checkpoint of the leader, which takes a moment"
                    : "the node is being rebuilt: " + why;
            ClusterNode before = node;
            before.close();
            if (why == null && checkpoint != null) {
                install(before, checkpoint);
            }
            reopen(why);
        }
    }

    /** Waits until there is something to do; false if this is to be closed. */
    private boolean awaitChange() {
        lock.lock();
        try {
            while (fetched == null && givenUp == null && !closed) {
                changed.awaitUninterruptibly();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("CatchingUnchecked") // Whatever went wrong, the node goes on with what its directory holds.
    private static void install(ClusterNode before, IncomingCheckpoint checkpoint) {
        try {
            if (before.isCoveredBy(checkpoint.contents())) {
                logger.info(
                        "the checkpoint at entry {} takes the place of the store",
                        checkpoint.contents().index());
                checkpoint.install();
            } else {
                logger.info("the log has gone beyond the checkpoint, which is not needed any more");
            }
        } catch (IOException | RuntimeException e) {
            logger.error("the checkpoint could not take the place of the store", e);
        }
    }

    /**
     * Starts the node again, and tries until it can be started or the process ends.
     *
     * @param why its store is given up first, or null
     */
    @SuppressWarnings(
            "CatchingUnchecked") // The node is the only one in the process: there is nobody to hand the failure to.
    private void reopen(@Nullable String why) {
        String reason = why;
        while (true) {
            try {
                if (reason != null) {
                    renew(reason);
                    reason = null;
                }
                ClusterNode next = open();
                if (!begin(next)) {
                    next.close();
                }
                return;
            } catch (IOException | RuntimeException e) {
                trouble = "the node cannot be started again: " + e.getMessage();
                logger.error("the node cannot be started again, and is tried once more in a moment", e);
                if (!pause()) {
                    return;
                }
            }
        }
    }

    /** Lets requests come to a node; false if none is wanted any more. */
    private boolean begin(ClusterNode next) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            listeners.forEach(next.store()::addListener);
            if (http != null) {
                next.advertise(http);
            }
            node = next;
            trouble = null;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** False if the node is to be closed. */
    private boolean pause() {
        lock.lock();
        try {
            long left = RETRY_NANOS;
            while (left > 0 && !closed) {
                left = changed.awaitNanos(left);
            }
            return !closed;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Bytes of checkpoints that came over the network. */
    long fetchedBytes() {
        return fetchedBytes.get();
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable StoreException unusable() {
        String words = trouble;
        return words == null ? null : new StoreException(Kind.NO_LEADER, words);
    }

    @Override
    public Store store() {
        return node.store();
    }

    @Override
    public void addListener(StoreListener listener) {
        lock.lock();
        try {
            listeners.add(listener);
            node.store().addListener(listener);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void submit(Command command, Durability durability, long deadlineNanos, CommandCallback callback) {
        StoreException refusal = unusable();
        if (refusal == null) {
            node.submit(command, durability, deadlineNanos, callback);
        } else {
            callback.failed(refusal);
        }
    }

    @Override
    public boolean isCurrent(Consistency consistency) {
        return trouble == null && node.isCurrent(consistency);
    }

    @Override
    public void awaitCurrent(Consistency consistency, long deadlineNanos, Consumer<@Nullable StoreException> callback) {
        StoreException refusal = unusable();
        if (refusal == null) {
            node.awaitCurrent(consistency, deadlineNanos, callback);
        } else {
            callback.accept(refusal);
        }
    }

    @Override
    public void change(
            MemberChange change,
            @Nullable String name,
            long deadlineNanos,
            Consumer<@Nullable StoreException> callback) {
        StoreException refusal = unusable();
        if (refusal == null) {
            node.change(change, name, deadlineNanos, callback);
        } else {
            callback.accept(refusal);
        }
    }

    @Override
    public @Nullable Entry readElsewhere(byte[] key, long leastRevision, StoreException damage) {
        return node.readElsewhere(key, leastRevision, damage);
    }

    @Override
    public void compare(Comparing callback) {
        StoreException refusal = unusable();
        if (refusal == null) {
            node.compare(callback);
        } else {
            callback.compared(null, refusal);
        }
    }

    @Override
    public @Nullable ReplicaDigests lastCompared() {
        return node.lastCompared();
    }

    @Override
    public void stepAside() {
        node.stepAside();
    }

    @Override
    public void awaitRevision(long revision, long deadlineNanos, Consumer<@Nullable StoreException> callback) {
        StoreException refusal = unusable();
        if (refusal == null) {
            node.awaitRevision(revision, deadlineNanos, callback);
        } else {
            callback.accept(refusal);
        }
    }

    @Override
    public long lag() {
        return node.lag();
    }

    @Override
    public Durability durability(Durability asked) {
        return node.durability(asked);
    }

    @Override
    public @Nullable String leader() {
        return node.leader();
    }

    @Override
    public void advertise(String httpAddress) {
        lock.lock();
        try {
            http = httpAddress;
            node.advertise(httpAddress);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public @Nullable String unready() {
        String words = trouble;
        return words == null ? node.unready() : words;
    }

    @Override
    public SequencerStats sequencerStats() {
        return node.sequencerStats();
    }

    @Override
    public ClusterView view() {
        return node.view();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.join();
        node.close();
    }
}
