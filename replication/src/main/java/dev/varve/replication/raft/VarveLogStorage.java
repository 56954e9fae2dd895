package dev.varve.replication.raft;

import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.option.LogStorageOptions;
import com.alipay.sofa.jraft.storage.LogStorage;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.storage.io.Trouble;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.LogState;
import dev.varve.storage.log.LogSurvey;
import dev.varve.storage.log.TermRuns;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Raft log is the store's log.
 *
 * <p>JRaft's disk thread appends and truncates; each call is durable when it returns. Any thread reads. A failure is
 * reported as JRaft wants it, by a result, whereupon JRaft stops the node: the log itself takes nothing more either. A full disk is no
 * failure: the disk thread waits until there is space. Meanwhile the node acknowledges nothing, refuses what would exceed its memory, and
 * catches up by itself afterwards.
 *
 * <p>It also knows what this node's own disk has, for {@link #awaitDurable}. An index alone does not say that: while JRaft
 * replaces the end of a log, the old entries are durable and the new ones, already in JRaft's memory, perhaps committed by
 * others, are not. So the term is asked for too; index and term together name one entry (Raft, section 5.3).
 *
 * <p>The log belongs to the store, which opens and closes it.
 */
public final class VarveLogStorage implements LogStorage {

    private static final Logger logger = LoggerFactory.getLogger(VarveLogStorage.class);
    private static final long SPACE_POLL_MILLIS = 100;

    private final Log log;
    private final LogReader reader;
    private final RecentEntries recent;
    private final LogMembers members;
    private final Consumer<Exception> onUnreadable;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** What is durable, and nothing else. */
    @GuardedBy("lock")
    private final TermRuns durableTerms = new TermRuns();

    @GuardedBy("lock")
    private @Nullable Throwable failure;

    @GuardedBy("lock")
    private boolean stopped;

    /**
     * @param log in use by nobody else but for reading
     * @param recentBytes entries up to this size together are kept in memory, so that a follower that lags a little is served
     *     without reading the log
     * @param members learns what the log says of them
     * @param onUnreadable told when an entry cannot be read, upon which the node must stop; called by the reader, who may
     *     hold locks of JRaft
     */
    public VarveLogStorage(Log log, long recentBytes, LogMembers members, Consumer<Exception> onUnreadable) {
        this.log = log;
        this.reader = new LogReader(log);
        this.recent = new RecentEntries(recentBytes);
        this.members = members;
        this.onUnreadable = onUnreadable;
    }

    @Override
    public boolean init(LogStorageOptions options) {
        return change("the log cannot be read", () -> {
            LogSurvey found = log.survey();
            for (long index : found.configurations()) {
                dev.varve.storage.log.LogEntry entry = log.entry(index);
                if (entry != null) {
                    LogEntry configuration = RaftEntries.toRaft(entry);
                    options.getConfigurationManager().add(Configurations.entry(configuration));
                    members.add(index, Configurations.of(configuration));
                }
            }
            durable(known -> known.copyOf(found.terms()));
        });
    }

    /** Ends the waiting for durability; the log stays open. */
    @Override
    public void shutdown() {
        lock.lock();
        try {
            stopped = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long getFirstLogIndex() {
        return log.firstIndex();
    }

    @Override
    public long getLastLogIndex() {
        return log.lastIndex();
    }

    @Override
    public @Nullable LogEntry getEntry(long index) {
        RecentEntries.Recent known = recent.get(index);
        if (known != null && index >= log.firstIndex()) {
            return known.entry();
        }
        try {
            dev.varve.storage.log.LogEntry entry = reader.entry(index);
            return entry == null ? null : RaftEntries.toRaft(entry);
        } catch (IOException | RuntimeException e) {
            logger.error("entry {} of the log cannot be read", index, e);
            long term = durableTerm(index);
            onUnreadable.accept(e);
            return term == 0 ? null : new UnreadableEntry(index, term, e);
        }
    }

    private long durableTerm(long index) {
        lock.lock();
        try {
            return durableTerms.term(index);
        } finally {
            lock.unlock();
        }
    }

    @Override
    @Deprecated
    public long getTerm(long index) {
        LogEntry entry = getEntry(index);
        return entry == null ? 0 : entry.getId().getTerm();
    }

    @Override
    public boolean appendEntry(LogEntry entry) {
        return appendEntries(List.of(entry)) == 1;
    }

    @Override
    public int appendEntries(List<LogEntry> entries) {
        if (entries.isEmpty()) {
            return 0;
        }
        boolean done = change("entries cannot be appended", () -> {
            // A new log knows when its node was founded, which is another time on each.
            long time = log.lastIndex() == 0 ? 0 : log.state().timeMicros();
            List<dev.varve.storage.log.LogEntry> converted = new ArrayList<>(entries.size());
            for (LogEntry entry : entries) {
                dev.varve.storage.log.LogEntry next = RaftEntries.toLog(entry, time);
                time = next.timeMicros();
                converted.add(next);
            }
            append(entries, converted);
        });
        return done ? entries.size() : 0;
    }

    private void append(List<LogEntry> entries, List<dev.varve.storage.log.LogEntry> converted) throws IOException {
        long before = log.lastIndex();
        int[] done = new int[1];
        onceThereIsSpace(() -> {
            try {
                long[] positions = log.append(converted.subList(done[0], converted.size()));
                for (int i = 0; i < positions.length; i++) {
                    LogEntry entry = entries.get(done[0] + i);
                    recent.add(entry, positions[i]);
                    if (entry.getType() == EntryType.ENTRY_TYPE_CONFIGURATION) {
                        members.add(entry.getId().getIndex(), Configurations.of(entry));
                    }
                }
            } finally {
                int now = (int) (log.lastIndex() - before);
                List<dev.varve.storage.log.LogEntry> appended = converted.subList(done[0], now);
                durable(terms -> appended.forEach(entry -> terms.append(entry.index(), entry.term())));
                done[0] = now;
            }
        });
    }

    /** Runs a step that leaves the log usable when there is no space for it, again and again until there is. */
    private void onceThereIsSpace(Change step) throws IOException {
        for (boolean said = false; ; said = true) {
            try {
                step.run();
                return;
            } catch (IOException e) {
                if (!Trouble.isDiskFull(e) || log.failure() != null) {
                    throw e;
                }
                if (!said) {
                    logger.warn("the disk is full; the log goes on when there is space: {}", e.getMessage());
                }
                awaitSpace(e);
            }
        }
    }

    private void awaitSpace(IOException reason) throws IOException {
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(SPACE_POLL_MILLIS);
            while (left > 0 && !stopped) {
                left = changed.awaitNanos(left);
            }
            if (stopped) {
                throw reason;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw reason;
        } finally {
            lock.unlock();
        }
    }

    /** The {@link dev.varve.storage.log.LogPosition} of an entry that the log has. */
    long position(long index) throws IOException {
        RecentEntries.Recent known = recent.get(index);
        return known != null ? known.position() : log.position(index);
    }

    @Override
    public boolean truncatePrefix(long firstIndexKept) {
        return change("the begin of the log cannot be truncated", () -> {
            if (firstIndexKept > log.lastIndex() + 1) {
                resetBehind(firstIndexKept - 1);
            } else {
                log.truncatePrefix(firstIndexKept);
                members.truncatePrefix(firstIndexKept);
                durable(terms -> terms.truncatePrefix(firstIndexKept));
            }
        });
    }

    @Override
    public boolean truncateSuffix(long lastIndexKept) {
        return change("the end of the log cannot be truncated", () -> {
            durable(terms -> terms.truncateSuffix(lastIndexKept));
            recent.truncateSuffix(lastIndexKept);
            members.truncateSuffix(lastIndexKept);
            onceThereIsSpace(() -> log.truncateSuffix(lastIndexKept));
        });
    }

    @Override
    public boolean reset(long nextLogIndex) {
        if (nextLogIndex < 1) {
            throw new IllegalArgumentException("a log begins at index 1, not " + nextLogIndex);
        }
        return change("the log cannot be reset", () -> resetBehind(nextLogIndex - 1));
    }

    private void resetBehind(long lastIndex) throws IOException {
        LogState before = log.state();
        recent.clear();
        durable(terms -> terms.reset(lastIndex));
        onceThereIsSpace(() -> log.reset(new LogState(lastIndex, 0, before.nextRevision(), before.timeMicros())));
    }

    /**
     * Waits until this node's own disk has the entry.
     *
     * @throws IOException if it never will: the log has failed, or the node is stopping
     */
    public void awaitDurable(long index, long term) throws IOException, InterruptedException {
        lock.lockInterruptibly();
        try {
            while (durableTerms.term(index) != term) {
                if (failure != null) {
                    throw new IOException(
                            "entry " + index + " is not on this node's disk: the log has failed", failure);
                }
                if (stopped) {
                    throw new IOException("entry " + index + " is not on this node's disk: the node is stopping");
                }
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Why the log failed, or null. */
    public @Nullable Throwable failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }

    /** A change of the log. */
    private interface Change {
        void run() throws IOException;
    }

    /** Runs a change on the disk thread; whatever it throws is the end of this log, and JRaft is told by a result. */
    @SuppressWarnings("CatchingUnchecked") // JRaft's disk thread must go on whatever happens, or nobody ends the node.
    private boolean change(String trouble, Change change) {
        if (failure() != null) {
            return false;
        }
        try {
            change.run();
            return true;
        } catch (Throwable e) {
            logger.error("{}; the node stops", trouble, e);
            lock.lock();
            try {
                failure = e;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
            return false;
        }
    }

    /** Changes what is known to be durable. The lock is never held while the disk works: applying must not wait for it. */
    private void durable(Consumer<TermRuns> change) {
        lock.lock();
        try {
            change.accept(durableTerms);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
