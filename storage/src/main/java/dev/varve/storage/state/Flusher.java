package dev.varve.storage.state;

import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.compaction.Merge;
import dev.varve.storage.compaction.Merged;
import dev.varve.storage.compaction.TableMerger;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.io.OwnedThread;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.io.Trouble;
import dev.varve.storage.log.Log;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes frozen memtables as tables, oldest first, and with each makes a checkpoint.
 *
 * <p>Order: the log is forced through the memtable's last entry, so that no pointer can dangle; the table is written and synced, its
 * name is synced; then the edit is made. If space is lacking the table is removed and tried again once a second, and as often it is asked
 * whether something should be frozen, though nobody writes. Owns one thread.
 */
final class Flusher implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(Flusher.class);
    private static final long RETRY_SECONDS = 1;
    private static final long IDLE_LOOK_SECONDS = 1;

    /** Frozen memtables that may wait before those who apply do. */
    private static final int MAX_FROZEN = 2;

    private final Ticker ticker;
    private final Log log;
    private final Manifest manifest;
    private final VersionSet versions;
    private final VersionEditor editor;
    private final TableMerger merger;
    private final Readers readers;
    private final Runnable idle;
    private final FlushListener onFlushed;
    private final StateListener listener;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final OwnedThread thread;

    /** Guarded by lock. */
    private boolean closed;

    /** Guarded by lock. */
    private long flushes;

    /** Why the last flush failed; null if it did not. */
    private volatile @Nullable IOException failure;

    /** Told of each flush. */
    @FunctionalInterface
    interface FlushListener {
        /**
         * A memtable has been flushed.
         *
         * @param table has joined level 0; null if nothing was left to be written
         * @param overwriting what part of its entries takes the place of something in other tables
         */
        void flushed(@Nullable TableInfo table, double overwriting);
    }

    /**
     * @param idle may freeze what should be flushed, though nobody writes; called whenever nothing is frozen, and once a second from then on
     * @param onFlushed called when a table has joined level 0
     */
    Flusher(
            Ticker ticker,
            Log log,
            Manifest manifest,
            VersionSet versions,
            VersionEditor editor,
            TableMerger merger,
            Readers readers,
            Runnable idle,
            FlushListener onFlushed,
            StateListener listener) {
        this.ticker = ticker;
        this.log = log;
        this.manifest = manifest;
        this.versions = versions;
        this.editor = editor;
        this.merger = merger;
        this.readers = readers;
        this.idle = idle;
        this.onFlushed = onFlushed;
        this.listener = listener;
        this.thread = new OwnedThread("varve-flusher", this::run);
        thread.start();
    }

    /** A memtable was frozen. Waits while too many do, unless flushing is failing, so that no writer hangs on a full disk. */
    void frozen() {
        lock.lock();
        try {
            changed.signalAll();
            while (versions.current().frozen().size() > MAX_FROZEN && failure == null && !closed) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until nothing is frozen. */
    void awaitFlushed() throws IOException {
        lock.lock();
        try {
            changed.signalAll();
            while (!versions.current().frozen().isEmpty()) {
                IOException cause = failure;
                if (cause != null) {
                    throw new IOException("the flush failed: " + cause.getMessage(), cause);
                }
                if (closed) {
                    throw new IOException("the store is closed");
                }
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Why the last flush failed, or null. */
    @Nullable
    IOException failure() {
        return failure;
    }

    long flushes() {
        lock.lock();
        try {
            return flushes;
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (true) {
            Version.Frozen next = next();
            if (next == null) {
                return;
            }
            IOException trouble = null;
            try {
                flush(next);
            } catch (IOException e) {
                trouble = e;
            } catch (RuntimeException e) {
                trouble = new IOException(e);
                logger.error("a flush broke an invariant", e);
            }
            ended(trouble);
        }
    }

    /** Waits for a frozen memtable; null if the store is closed. */
    private Version.@Nullable Frozen next() {
        while (true) {
            look();
            lock.lock();
            try {
                if (!closed && versions.current().frozen().isEmpty()) {
                    changed.await(IDLE_LOOK_SECONDS, TimeUnit.SECONDS);
                }
                if (closed) {
                    return null;
                }
                List<Version.Frozen> frozen = versions.current().frozen();
                if (!frozen.isEmpty()) {
                    return frozen.getLast();
                }
            } catch (InterruptedException e) {
                closed = true;
            } finally {
                lock.unlock();
            }
        }
    }

    private void look() {
        try {
            idle.run();
        } catch (RuntimeException | Error e) { // Without this thread writers would wait for ever.
            logger.error("freezing what waits broke an invariant", e);
        }
    }

    private void ended(@Nullable IOException trouble) {
        lock.lock();
        try {
            if (trouble == null) {
                flushes++;
                if (failure != null) {
                    logger.info("flushing works again");
                }
            } else if (failure == null) {
                logger.warn("cannot flush a memtable, will go on trying: {}", trouble.getMessage());
            }
            failure = trouble;
            changed.signalAll();
            long pause = trouble == null ? 0 : TimeUnit.SECONDS.toNanos(RETRY_SECONDS);
            while (pause > 0 && !closed) {
                pause = changed.awaitNanos(pause);
            }
        } catch (InterruptedException e) {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    private void flush(Version.Frozen frozen) throws IOException {
        long begin = ticker.nanos();
        IOException failed = manifest.failure();
        if (failed != null) {
            throw failed;
        }
        log.force();
        if (log.durableIndex() < frozen.through().index()) {
            throw new IllegalStateException("entry " + frozen.through().index() + " was applied, but only entry "
                    + log.durableIndex() + " is on the device");
        }
        Merged written = merger.write(Merge.of(
                frozen.memtable().cursor(),
                readers.live(frozen.memtable().rangeTombstones(), (key, length) -> true),
                Long.MAX_VALUE,
                () -> false));
        double overwriting = overwriting(frozen);
        editor.flushed(frozen, written);
        TableInfo table = written.tables().isEmpty() ? null : written.tables().getFirst();
        onFlushed.flushed(table, overwriting);
        listener.flushed(
                ticker.nanos() - begin, table == null ? 0 : table.entries(), table == null ? 0 : table.sizeBytes());
    }

    private double overwriting(Version.Frozen frozen) {
        try (VersionSet.Pin pin = versions.pin()) {
            return Overwriting.shareOf(frozen.memtable(), pin.tables());
        }
    }

    /**
     * How far flushing is behind: 0 as long as one memtable less waits than may, and from there to 1 as the active one fills. If flushing
     * fails there is no debt, since waiting would not help.
     */
    double debt(Applier applier) {
        int frozen = versions.current().frozen().size();
        return frozen < MAX_FROZEN || failure != null ? 0 : frozen - MAX_FROZEN + applier.fill();
    }

    /** True if a lack of space keeps memtables from being flushed. */
    boolean diskFull() {
        return Trouble.isDiskFull(failure);
    }

    /** Why no more memtables may be filled: flushing fails, and many wait. Null if they may. */
    @Nullable
    IOException blocked() {
        return versions.current().frozen().size() > 2 * MAX_FROZEN ? failure : null;
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
    }
}
