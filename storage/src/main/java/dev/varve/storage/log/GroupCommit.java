package dev.varve.storage.log;

import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.io.OwnedThread;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets many writers share one force of the log, on a node whose log is its own.
 *
 * <p>A writer encodes outside, appends under a short lock, and belongs from then on to the pending <em>group</em>. A group is
 * committed as a whole: written, forced if one of its writes asks for it, applied, and answered, in that order. While one
 * group is being committed the next one gathers, so the groups are as large as the load makes them (DeWitt et al.,
 * "Implementation techniques for main memory database systems", 1984, section 5.2).
 *
 * <p>Who commits: normally the syncer, a thread of its own. If whoever gets the lock first forced for all, groups would not
 * form: those who wait are woken one by one and each forces for the few that came meanwhile. A blocking writer that finds
 * nobody committing and nobody before it commits by itself, which saves two changes of thread where there is one client; unless it is a
 * virtual thread, which would keep its carrier from others while the device is forced. Writes
 * that need no force are always committed by their writer, since handing a system call of a microsecond to another thread costs
 * more than making it. A thread of its own forces them behind their backs before many gather: who waits for a force that comes all the
 * same, at the end of a segment and before a flush, has little to wait for.
 *
 * <p>Thread-safe. After a failure every write fails.
 */
public final class GroupCommit implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(GroupCommit.class);

    /** How often a writer looks whether the commit before its own is over: some microseconds, as long as one takes without a force. */
    private static final int SPINS = 200;

    private final Log log;
    private final Sink sink;
    private final long maxPendingBytes;
    private final ReentrantLock commitLock;
    private final ReentrantLock appendLock;
    private final Condition drained;
    private final OwnedThread syncer;
    private final OwnedThread forcer;

    /** Gathers writes; guarded by the append lock. */
    private Group pending = new Group();

    /** Writes in {@link #pending}; written under the append lock, read by the syncer before it parks. */
    private volatile int pendingWrites;

    private volatile boolean parked;
    private volatile boolean forceDue;
    private volatile boolean closed;

    /** Applies what has been committed. */
    @FunctionalInterface
    public interface Sink {
        /** The writes of one group are as durable as they asked; called in the order of the log, by one thread at a time. */
        void committed(List<Write> writes) throws IOException;
    }

    /** One client write on its way. */
    public static final class Write {

        private final FrameEncoder frames;
        private final boolean force;
        private final @Nullable Completion completion;
        private long position;
        private long index;
        private long revision;
        private long timeMicros;

        /**
         * @param frames its changes; must not be touched any more
         * @param force true if it must be on the device before it is answered
         * @param completion told when it has ended, or null
         */
        public Write(FrameEncoder frames, boolean force, @Nullable Completion completion) {
            this.frames = frames;
            this.force = force;
            this.completion = completion;
        }

        void placed(long position, long index, long revision, long timeMicros) {
            this.position = position;
            this.index = index;
            this.revision = revision;
            this.timeMicros = timeMicros;
        }

        /** True if nobody waits for it, but a completion is told. */
        public boolean submitted() {
            return completion != null;
        }

        /** Its changes. */
        public FrameEncoder frames() {
            return frames;
        }

        /** The {@link LogPosition} of its record. */
        public long position() {
            return position;
        }

        /** The index of its entry. */
        public long index() {
            return index;
        }

        /** Its revision. */
        public long revision() {
            return revision;
        }

        /** The cluster time at which it was logged. */
        public long timeMicros() {
            return timeMicros;
        }
    }

    /** Told once how a write ended. */
    @FunctionalInterface
    public interface Completion {
        /**
         * The write has been applied, or failed: see {@link #commit} for the kinds of failure. Called by the thread that commits.
         */
        void completed(long revision, @Nullable IOException failure);
    }

    /** Writes that are committed together. */
    private static final class Group {
        private final List<Write> writes = new ArrayList<>();
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private boolean force;
    }

    GroupCommit(Log log, Sink sink, long maxPendingBytes) {
        this.log = log;
        this.sink = sink;
        this.maxPendingBytes = maxPendingBytes;
        this.commitLock = log.commitLock();
        this.appendLock = log.appendLock();
        this.drained = appendLock.newCondition();
        this.syncer = new OwnedThread("varve-syncer", this::syncLoop);
        this.forcer = new OwnedThread("varve-forcer", this::forceLoop);
        syncer.start();
        forcer.start();
    }

    /**
     * Appends a write and waits until it has been committed and applied. Waits, too, while too many bytes are pending.
     *
     * @throws OutcomeUnknownException if it may or may not have been written
     * @throws IOException if it certainly was not written
     */
    public void commit(Write write) throws IOException {
        Group group;
        boolean alone;
        appendLock.lock();
        try {
            while (log.writer().pendingBytes() > maxPendingBytes) {
                drained.awaitUninterruptibly();
            }
            group = append(write);
            alone = group.writes.size() == 1;
        } finally {
            appendLock.unlock();
        }
        if (!write.force) {
            commitUnforced(group);
        } else if (alone && !Thread.currentThread().isVirtual() && commitLock.tryLock()) {
            commitAndUnlock(group);
        } else {
            wakeSyncer();
        }
        await(group);
    }

    /**
     * Appends a write and returns; its completion tells the outcome.
     *
     * @return false, with nothing done, if too many bytes are pending
     * @throws IOException if it certainly was not and will not be written; then the completion is not called
     */
    public boolean submit(Write write) throws IOException {
        appendLock.lock();
        try {
            if (log.writer().pendingBytes() > maxPendingBytes) {
                return false;
            }
            append(write);
        } finally {
            appendLock.unlock();
        }
        wakeSyncer();
        return true;
    }

    private Group append(Write write) throws IOException {
        if (closed) {
            throw new IOException("the log is closed");
        }
        log.append(write);
        Group group = pending;
        group.writes.add(write);
        group.force |= write.force;
        pendingWrites = group.writes.size();
        return group;
    }

    /** Something that must not run while a group is being committed. */
    @FunctionalInterface
    public interface Exclusive {
        void run() throws IOException;
    }

    /** Runs an action while no group is being committed. */
    public void exclusively(Exclusive action) throws IOException {
        commitLock.lock();
        try {
            action.run();
        } finally {
            commitLock.unlock();
        }
        if (pendingWrites > 0) {
            wakeSyncer();
        }
    }

    /** How many writes and bytes wait for their commit. */
    public PendingSize pendingSize() {
        appendLock.lock();
        try {
            return new PendingSize(pending.writes.size(), log.writer().pendingBytes());
        } finally {
            appendLock.unlock();
        }
    }

    /** How much waits for its commit. */
    public record PendingSize(int writes, long bytes) {}

    /** Commits the group, unless somebody who is committing takes it along, which is waited for without giving up the processor. */
    private void commitUnforced(Group group) {
        for (int i = 0; i < SPINS && !group.done.isDone(); i++) {
            if (commitLock.tryLock()) {
                commitAndUnlock(group);
                return;
            }
            Thread.onSpinWait();
        }
        if (!group.done.isDone()) {
            commitLock.lock();
            commitAndUnlock(group);
        }
    }

    /** Commits the group unless it has been; the commit lock is held and released. */
    private void commitAndUnlock(Group group) {
        try {
            if (!group.done.isDone()) {
                commitPending();
            }
        } finally {
            commitLock.unlock();
        }
        if (pendingWrites > 0) {
            wakeSyncer();
        }
    }

    /** Commits what is pending; the commit lock is held. */
    private void commitPending() {
        Group group;
        LogWriter.Batch batch;
        appendLock.lock();
        try {
            group = pending;
            batch = log.writer().take();
            pending = new Group();
            pendingWrites = 0;
            drained.signalAll();
        } finally {
            appendLock.unlock();
        }
        if (group.writes.isEmpty()) {
            return;
        }
        complete(group, commit(group, batch));
    }

    /** Writes and applies; returns why that failed, or null. What was written and cannot be applied may be found when the log is opened. */
    private @Nullable IOException commit(Group group, LogWriter.Batch batch) {
        try {
            log.write(batch, group.force, group.writes.size(), group.writes.getLast().index);
            if (!forceDue && log.isForceDue()) {
                forceDue = true;
                forcer.unpark();
            }
        } catch (IOException e) {
            return e;
        } catch (RuntimeException | Error e) {
            return log.writer().fail(e);
        }
        try {
            sink.committed(group.writes);
            return null;
        } catch (IOException | RuntimeException | Error e) {
            return log.writer().fail(e);
        }
    }

    private static void complete(Group group, @Nullable IOException failure) {
        if (failure == null) {
            group.done.complete(null);
        } else {
            group.done.completeExceptionally(failure);
        }
        for (Write write : group.writes) {
            if (write.completion != null) {
                tell(write.completion, write.revision, failure);
            }
        }
    }

    /** A completion that throws must not keep others from being told, nor end the thread that commits. */
    private static void tell(Completion completion, long revision, @Nullable IOException failure) {
        try {
            completion.completed(revision, failure);
        } catch (RuntimeException e) {
            logger.error("the callback of a write threw", e);
        }
    }

    private static void await(Group group) throws IOException {
        try {
            group.done.join();
        } catch (CompletionException e) {
            IOException failure = e.getCause() instanceof IOException io ? io : new IOException(e);
            throw failure;
        }
    }

    private void wakeSyncer() {
        if (parked) {
            syncer.unpark();
        }
    }

    private void syncLoop() {
        while (true) {
            if (pendingWrites == 0) {
                parked = true;
                if (pendingWrites == 0) {
                    if (closed) {
                        return;
                    }
                    LockSupport.park(this);
                }
                parked = false;
                continue;
            }
            commitLock.lock();
            try {
                commitPending();
            } finally {
                commitLock.unlock();
            }
        }
    }

    private void forceLoop() {
        while (!closed) {
            if (!forceDue) {
                LockSupport.park(this);
                continue;
            }
            try {
                log.force();
            } catch (IOException e) {
                return; // The log has said so and failed, and with it every write from now on.
            }
            forceDue = false;
        }
    }

    /** Takes no more writes and commits those that are pending. */
    @Override
    public void close() {
        appendLock.lock();
        try {
            closed = true;
        } finally {
            appendLock.unlock();
        }
        syncer.unpark();
        syncer.join();
        forcer.unpark();
        forcer.join();
    }
}
