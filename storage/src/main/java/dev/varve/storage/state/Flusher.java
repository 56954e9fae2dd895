package dev.varve.storage.state;

import dev.varve.storage.checkpoint.Checkpoint;
import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.checkpoint.ManifestEdit;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableReader;
import dev.varve.storage.index.TableWriter;
import dev.varve.storage.io.Environment;
import dev.varve.storage.io.OwnedThread;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.io.Trouble;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes frozen memtables as tables, oldest first, and with each makes a checkpoint: one edit of the manifest adds the table, moves
 * the place from which the log is replayed, and drops the segments that nothing needs any more.
 *
 * <p>Order: the log is forced through the memtable's last entry, so that no pointer can dangle; the table is written and synced, its
 * name is synced; then the edit is made. If space is lacking the table is removed and tried again once a second. Owns one thread.
 */
final class Flusher implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(Flusher.class);
    private static final long RETRY_SECONDS = 1;

    /** Frozen memtables that may wait before those who apply do. */
    private static final int MAX_FROZEN = 2;

    private final Environment environment;
    private final Path directory;
    private final StoreId storeId;
    private final Manifest manifest;
    private final Log log;
    private final VersionSet versions;
    private final SnapshotRegistry snapshots;
    private final Visibility visibility;
    private final boolean keepsLog;
    private final StateListener listener;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final OwnedThread thread;

    /** Segments that the manifest has dropped and that may still be read; owned by the thread. */
    private final Set<Long> dropped = new HashSet<>();

    /** Guarded by lock. */
    private boolean closed;

    /** Guarded by lock. */
    private long flushes;

    /** Why the last flush failed; null if it did not. */
    private volatile @Nullable IOException failure;

    /** Says which revision readers see. */
    @FunctionalInterface
    interface Visibility {
        long visibleRevision();
    }

    /**
     * @param keepsLog true if entries of the log must stay readable by index after they are in tables, as Raft wants it
     */
    Flusher(
            Environment environment,
            Path directory,
            StoreId storeId,
            Manifest manifest,
            Log log,
            VersionSet versions,
            SnapshotRegistry snapshots,
            Visibility visibility,
            boolean keepsLog,
            StateListener listener) {
        this.environment = environment;
        this.directory = directory;
        this.storeId = storeId;
        this.manifest = manifest;
        this.log = log;
        this.versions = versions;
        this.snapshots = snapshots;
        this.visibility = visibility;
        this.keepsLog = keepsLog;
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
            Version.Frozen next;
            lock.lock();
            try {
                while (!closed && (versions.current().frozen().isEmpty() || cannotFlushAnyMore())) {
                    changed.awaitUninterruptibly();
                }
                if (closed) {
                    return;
                }
                next = versions.current().frozen().getLast();
            } finally {
                lock.unlock();
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

    /** After a failure of manifest or log nothing can be checkpointed until the store is opened again. */
    private boolean cannotFlushAnyMore() {
        return manifest.failure() != null || log.failure() != null;
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
        long begin = environment.ticker().nanos();
        log.force();
        if (log.durableIndex() < frozen.through().index()) {
            throw new IllegalStateException("entry " + frozen.through().index() + " was applied, but only entry "
                    + log.durableIndex() + " is on the device");
        }
        TableInfo table = frozen.memtable().entries() == 0 ? null : write(frozen);
        List<ManifestEdit> edits = new ArrayList<>();
        if (table != null) {
            edits.add(new ManifestEdit.TableAdded(table));
        }
        Checkpoint checkpoint = checkpoint(frozen.through());
        edits.add(new ManifestEdit.Checkpointed(checkpoint));
        List<Segment> obsolete = obsoleteSegments(checkpoint, table);
        obsolete.forEach(segment -> edits.add(new ManifestEdit.SegmentRemoved(segment.id())));
        if (keepsLog) {
            edits.add(logBegins(checkpoint));
        } else {
            log.truncatePrefix(checkpoint.appliedIndex() + 1);
        }
        try {
            manifest.append(edits);
        } catch (IOException e) {
            if (table != null && manifest.failure() == null) { // Else the edit may be there, and name the table.
                deleteQuietly(directory.resolve(new FileName(FileKind.TABLE, table.id()).toString()));
            }
            throw e;
        }
        obsolete.forEach(segment -> dropped.add(segment.id()));
        List<TableReader> readers = table == null
                ? List.of()
                : List.of(new TableReader(environment.files(), directory, storeId, table, log.segments()));
        versions.flushed(frozen, readers, () -> obsolete.forEach(this::remove));
        listener.flushed(
                environment.ticker().nanos() - begin,
                table == null ? 0 : table.entries(),
                table == null ? 0 : table.sizeBytes());
    }

    private TableInfo write(Version.Frozen frozen) throws IOException {
        long id = manifest.nextFileId();
        Path path = directory.resolve(new FileName(FileKind.TABLE, id).toString());
        StoreFile file = environment.files().create(path);
        try (file) {
            TableWriter writer = new TableWriter(file, storeId, id, log.segments());
            copy(frozen.memtable().cursor(), writer);
            TableInfo info = writer.finish();
            environment.files().syncDirectory(directory);
            return info;
        } catch (IOException | RuntimeException e) {
            deleteQuietly(path);
            throw e;
        }
    }

    /**
     * Copies the versions that somebody can read: those that are not visible yet, and of the others the newest that each
     * registered revision sees.
     */
    private void copy(IndexCursor source, TableWriter target) throws IOException {
        long visible = visibility.visibleRevision(); // Before the next line, so that nothing falls between the two.
        long[] kept = snapshots.revisions(visibility::visibleRevision);
        byte[] lastKey = new byte[0];
        int next = -1; // The next lower registered revision that has no version of the current key yet.
        long lastRevision = 0;
        boolean first = true;
        for (boolean found = source.seek(null); found; found = source.next()) {
            boolean sameKey =
                    !first && Arrays.equals(lastKey, 0, lastKey.length, source.keyBytes(), 0, source.keyLength());
            long revision = source.revision();
            if (!sameKey) {
                lastKey = Arrays.copyOf(source.keyBytes(), source.keyLength());
                next = kept.length - 1;
            } else if (revision == lastRevision) {
                continue; // Changed twice by one write: the first one met counts.
            }
            first = false;
            lastRevision = revision;
            boolean needed = revision > visible;
            while (next >= 0 && revision <= kept[next]) {
                needed = true;
                next--;
            }
            if (needed) {
                target.add(source.keyBytes(), source.keyLength(), source.entry());
            }
        }
    }

    private Checkpoint checkpoint(Applied through) {
        Segment segment = log.segments().get(LogPosition.segmentNumber(through.position()));
        return new Checkpoint(
                through.index(),
                through.term(),
                through.revision(),
                through.timeMicros(),
                segment.id(),
                LogPosition.offset(through.position()),
                through.configuration(),
                through.configurationIndex());
    }

    private ManifestEdit.LogBegins logBegins(Checkpoint checkpoint) throws IOException {
        long index = log.firstIndex();
        if (index > log.lastIndex()) {
            return new ManifestEdit.LogBegins(
                    checkpoint.appliedIndex() + 1,
                    checkpoint.revision() + 1,
                    checkpoint.segmentId(),
                    checkpoint.offset());
        }
        long position = log.position(index);
        return new ManifestEdit.LogBegins(
                index,
                log.firstRevision(index),
                log.segments().get(LogPosition.segmentNumber(position)).id(),
                LogPosition.offset(position));
    }

    /** Segments before the checkpoint, and before what Raft may ask for, to which no table points. */
    private List<Segment> obsoleteSegments(Checkpoint checkpoint, @Nullable TableInfo added) {
        Set<Long> referenced = new HashSet<>();
        versions.current()
                .tables()
                .forEach(table -> referenced.addAll(table.info().segmentBytes().keySet()));
        if (added != null) {
            referenced.addAll(added.segmentBytes().keySet());
        }
        Segment begin = log.segments().find(checkpoint.segmentId());
        int limit = begin == null ? 0 : begin.number();
        if (keepsLog) {
            int oldest = log.oldestEntrySegment();
            limit = oldest < 0 ? limit : Math.min(limit, oldest);
        }
        int below = limit;
        return log.segments().all().stream()
                .filter(segment -> segment.number() < below)
                .filter(segment -> !referenced.contains(segment.id()) && !dropped.contains(segment.id()))
                .toList();
    }

    private void remove(Segment segment) {
        log.forget(segment);
        try {
            segment.close();
        } catch (IOException e) {
            logger.warn("cannot close {}, which is not needed any more: {}", segment.name(), e.getMessage());
        }
        deleteQuietly(directory.resolve(segment.name().toString()));
    }

    private void deleteQuietly(Path path) {
        try {
            environment.files().delete(path);
        } catch (IOException e) {
            logger.warn("cannot remove {}, which is not needed any more: {}", path, e.getMessage());
        }
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
