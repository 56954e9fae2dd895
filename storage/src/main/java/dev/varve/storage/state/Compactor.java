package dev.varve.storage.state;

import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.compaction.Compaction;
import dev.varve.storage.compaction.CompactionPicker;
import dev.varve.storage.compaction.TableMerger;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.LevelCursor;
import dev.varve.storage.index.MergingCursor;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableReader;
import dev.varve.storage.io.OwnedThread;
import dev.varve.storage.io.Ticker;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Merges tables in the background as long as something is due. A compaction that fails leaves everything as it was and is tried again
 * after a pause, or after damage when the next table has been flushed: nothing is dropped unread. Owns one thread.
 */
final class Compactor implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(Compactor.class);
    private static final long RETRY_SECONDS = 1;

    private final Ticker ticker;
    private final Manifest manifest;
    private final VersionSet versions;
    private final VersionEditor editor;
    private final TableMerger merger;
    private final Readers readers;
    private final long tableBytes;
    private final CompactionPicker picker;
    private final StateListener listener;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final OwnedThread thread;
    private volatile boolean closed;

    /** True if tables were flushed since the picker was asked; guarded by lock. */
    private boolean flushed = true;

    /** True while the thread works; guarded by lock. */
    private boolean busy;

    /** Why the last compaction failed; null if it did not. */
    private volatile @Nullable IOException failure;

    /** @param tableBytes the usual size of a table */
    Compactor(
            Ticker ticker,
            Manifest manifest,
            VersionSet versions,
            VersionEditor editor,
            TableMerger merger,
            Readers readers,
            long tableBytes,
            StateListener listener) {
        this.ticker = ticker;
        this.manifest = manifest;
        this.versions = versions;
        this.editor = editor;
        this.merger = merger;
        this.readers = readers;
        this.tableBytes = tableBytes;
        this.picker = new CompactionPicker(tableBytes);
        this.listener = listener;
        this.thread = new OwnedThread("varve-compactor", this::run);
        thread.start();
    }

    /** A table has joined level 0. */
    void flushed() {
        lock.lock();
        try {
            flushed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Looks for what is due, and waits until nothing is. */
    void awaitMerged() throws IOException {
        lock.lock();
        try {
            flushed = true;
            failure = null;
            changed.signalAll();
            while (flushed || busy) {
                IOException cause = failure;
                if (cause != null) {
                    throw new IOException("tables could not be merged: " + cause.getMessage(), cause);
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

    private void run() {
        while (awaitFlush()) {
            try {
                compactWhileDue();
                failure = null;
            } catch (InterruptedIOException e) {
                return;
            } catch (IOException e) {
                failed(e);
            } catch (RuntimeException e) {
                logger.error("a compaction broke an invariant", e);
                failed(new IOException(e));
            }
        }
    }

    /** Waits for something to do; false if the store is closed. */
    private boolean awaitFlush() {
        lock.lock();
        try {
            busy = false;
            changed.signalAll();
            while (!flushed && !closed) {
                changed.awaitUninterruptibly();
            }
            busy = true;
            flushed = false;
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /** Goes on with the next flush after damage, and after a pause otherwise. */
    private void failed(IOException e) {
        if (failure == null) {
            logger.warn("cannot merge tables, will go on trying: {}", e.getMessage());
        }
        failure = e;
        lock.lock();
        try {
            changed.signalAll();
            if (e instanceof CorruptionException) {
                return;
            }
            long pause = TimeUnit.SECONDS.toNanos(RETRY_SECONDS);
            while (pause > 0 && !closed) {
                pause = changed.awaitNanos(pause);
            }
            flushed = manifest.failure() == null;
        } catch (InterruptedException interrupted) {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    private void compactWhileDue() throws IOException {
        while (!closed) {
            Version version = versions.acquire();
            try {
                Compaction due = picker.pick(version.tables().infos());
                if (due == null) {
                    return;
                }
                compact(due, version.tables());
            } finally {
                versions.release(version);
            }
        }
    }

    private void compact(Compaction due, Levels tables) throws IOException {
        if (due.isMove()) {
            editor.moved(due);
            return;
        }
        long begin = ticker.nanos();
        IndexCursor source = source(due, tables);
        int level = due.level() + 1;
        List<TableInfo> result = merger.write(
                source,
                readers.live((key, length) -> tables.mayHoldBelow(level, key, length)),
                tableBytes,
                () -> closed);
        editor.merged(due, result);
        listener.compacted(
                ticker.nanos() - begin,
                due.inputBytes(),
                result.stream().mapToLong(TableInfo::sizeBytes).sum());
    }

    private static IndexCursor source(Compaction due, Levels tables) throws IOException {
        Map<Long, TableReader> byId = new HashMap<>();
        tables.all().forEach(table -> byId.put(table.info().id(), table));
        List<IndexCursor> sources = new ArrayList<>();
        for (TableReader table : readers(due.upper(), byId)) {
            sources.add(table.sequentialCursor());
        }
        if (!due.lower().isEmpty()) {
            sources.add(new LevelCursor(readers(due.lower(), byId), true));
        }
        return new MergingCursor(sources);
    }

    private static List<TableReader> readers(List<TableInfo> infos, Map<Long, TableReader> byId) {
        List<TableReader> readers = new ArrayList<>();
        for (TableInfo info : infos) {
            TableReader reader = byId.get(info.id());
            if (reader == null) {
                throw new IllegalArgumentException("table " + info.id() + " is not there any more");
            }
            readers.add(reader);
        }
        return readers;
    }

    /** Gives up what is being merged and ends the thread. */
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
