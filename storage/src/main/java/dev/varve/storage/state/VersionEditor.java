package dev.varve.storage.state;

import dev.varve.storage.checkpoint.Checkpoint;
import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.checkpoint.ManifestEdit;
import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.compaction.Compaction;
import dev.varve.storage.compaction.Merged;
import dev.varve.storage.compaction.TableMerger;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableReader;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes what the index is made of: one edit of the manifest that adds and removes tables, moves the checkpoint, and drops the segments
 * that nothing needs any more; then the version that readers get. Files that were dropped are removed when no version that knew
 * them is in use, nor a pin.
 *
 * <p>Thread-safe: changes are made one after another, so that none drops a segment to which another is about to point.
 */
final class VersionEditor {

    private static final Logger logger = LoggerFactory.getLogger(VersionEditor.class);

    private final FileSystem files;
    private final Path directory;
    private final Manifest manifest;
    private final Log log;
    private final VersionSet versions;
    private final Function<TableInfo, TableReader> tables;
    private final TableMerger merger;
    private final Damages damages;
    private final boolean keepsLog;
    private final ReentrantLock lock = new ReentrantLock();

    /** Segments that the manifest has dropped and that may still be read; guarded by lock. */
    private final Set<Long> dropped = new HashSet<>();

    /**
     * @param tables makes the reader of a table
     * @param merger wrote the tables that are added
     * @param keepsLog true if entries of the log must stay readable by index after they are in tables, as Raft wants it
     */
    VersionEditor(
            StoreDirectory directory,
            Log log,
            VersionSet versions,
            Function<TableInfo, TableReader> tables,
            TableMerger merger,
            Damages damages,
            boolean keepsLog) {
        this.files = directory.environment().files();
        this.directory = directory.path();
        this.manifest = directory.manifest();
        this.log = log;
        this.versions = versions;
        this.tables = tables;
        this.merger = merger;
        this.damages = damages;
        this.keepsLog = keepsLog;
    }

    /**
     * A memtable has been flushed: its table joins level 0, and the checkpoint moves behind its last entry.
     *
     * @param written of it: one table, or none if there was nothing in it
     */
    void flushed(Version.Frozen frozen, Merged written) throws IOException {
        lock.lock();
        try {
            List<TableInfo> added = written.tables();
            TableInfo table = added.isEmpty() ? null : added.getFirst();
            List<ManifestEdit> edits = new ArrayList<>();
            added.forEach(info -> edits.add(new ManifestEdit.TableAdded(info)));
            Checkpoint checkpoint = checkpoint(frozen.through());
            edits.add(new ManifestEdit.Checkpointed(checkpoint));
            List<Segment> obsolete = obsoleteSegments(checkpoint, added, Set.of());
            if (keepsLog) {
                obsolete = withLogBegin(edits, checkpoint, obsolete);
            } else {
                log.truncatePrefix(checkpoint.appliedIndex() + 1);
            }
            List<Segment> dropping = append(edits, written, obsolete);
            TableReader reader = table == null ? null : tables.apply(table);
            versions.flushed(frozen, reader, () -> dropping.forEach(this::remove));
        } finally {
            lock.unlock();
        }
    }

    /**
     * What the store is made of at one moment.
     *
     * @param state what the manifest says
     * @param pin keeps the files that it names
     */
    record Pinned(ManifestState state, VersionSet.Pin pin) implements AutoCloseable {
        @Override
        public void close() {
            pin.close();
        }
    }

    /** Keeps the files of this moment. */
    Pinned pin() {
        lock.lock();
        try {
            return new Pinned(manifest.state(), versions.pin());
        } finally {
            lock.unlock();
        }
    }

    /** The upper tables of a compaction belong to the next level, as they are. */
    void moved(Compaction compaction) throws IOException {
        int level = compaction.level() + 1;
        Set<Long> ids = compaction.upper().stream().map(TableInfo::id).collect(Collectors.toSet());
        lock.lock();
        try {
            List<TableReader> moved = readers(ids);
            manifest.append(ids.stream()
                    .<ManifestEdit>map(id -> new ManifestEdit.TableMoved(id, level))
                    .toList());
            versions.replaced(tables -> tables.with(Set.copyOf(moved), moved, level), () -> {});
        } finally {
            lock.unlock();
        }
    }

    /**
     * Tables have been merged.
     *
     * @param inputs ids of the tables whose entries the result has
     * @param level where the result will be
     */
    void merged(Set<Long> inputs, int level, Merged result) throws IOException {
        lock.lock();
        try {
            List<ManifestEdit> edits = new ArrayList<>();
            result.values().forEach(info -> edits.add(new ManifestEdit.ValueSegmentAdded(info)));
            inputs.forEach(id -> edits.add(new ManifestEdit.TableRemoved(id)));
            for (TableInfo table : result.tables()) {
                edits.add(new ManifestEdit.TableAdded(table));
                edits.add(new ManifestEdit.TableMoved(table.id(), level));
            }
            List<Segment> obsolete = obsoleteSegments(lastCheckpoint(), result.tables(), inputs);
            if (keepsLog && obsolete.stream().anyMatch(Segment::isLog)) {
                // The begin of the log may have been truncated since the last flush, and these be segments that it
                // left.
                obsolete = withLogBegin(edits, lastCheckpoint(), obsolete);
            }
            List<TableReader> old = readers(inputs);
            List<Segment> dropping = append(edits, result, obsolete);
            List<TableReader> added = result.tables().stream().map(tables).toList();
            versions.replaced(tables -> tables.with(Set.copyOf(old), added, level), () -> {
                old.forEach(this::remove);
                dropping.forEach(this::remove);
            });
        } finally {
            lock.unlock();
        }
    }

    /**
     * Drops the segments that nothing needs any more: also the one behind whose last record the checkpoint stands, if the log goes on in
     * another.
     *
     * @return true if this segment is not part of the store any more
     */
    boolean release(long segmentId) throws IOException {
        lock.lock();
        try {
            Checkpoint checkpoint = behindSeal(lastCheckpoint());
            List<Segment> obsolete = obsoleteSegments(checkpoint, List.of(), Set.of());
            if (!obsolete.isEmpty()) {
                List<ManifestEdit> edits = new ArrayList<>();
                edits.add(new ManifestEdit.Checkpointed(checkpoint));
                if (keepsLog) {
                    obsolete = withLogBegin(edits, checkpoint, obsolete);
                }
                List<Segment> dropping = append(edits, Merged.NOTHING, obsolete);
                versions.replaced(tables -> tables, () -> dropping.forEach(this::remove));
            }
            ManifestState now = manifest.state();
            return !now.segments().contains(segmentId)
                    && now.values().stream().noneMatch(info -> info.id() == segmentId);
        } finally {
            lock.unlock();
        }
    }

    /** The same checkpoint, in the next segment if nothing but a seal stands between. */
    private Checkpoint behindSeal(Checkpoint checkpoint) {
        Segment segment = log.segments().find(checkpoint.segmentId());
        Segment next = segment == null ? null : log.successor(segment, checkpoint.offset());
        return next == null ? checkpoint : checkpoint.at(next.id(), FileHeader.BYTES);
    }

    private Checkpoint lastCheckpoint() {
        Checkpoint checkpoint = manifest.state().checkpoint();
        if (checkpoint == null) {
            throw new IllegalStateException("an open store has a checkpoint");
        }
        return checkpoint;
    }

    /** The segments out of which values may be moved: those of the log to which only tables may point, and all value segments. */
    List<Segment> collectable() {
        lock.lock();
        try {
            return droppable(lastCheckpoint()).toList();
        } finally {
            lock.unlock();
        }
    }

    private List<TableReader> readers(Set<Long> ids) {
        return versions.current().tables().all().stream()
                .filter(table -> ids.contains(table.info().id()))
                .toList();
    }

    /** Makes the edits, and drops the segments with them, which it returns; if they surely were not made what was written is removed. */
    private List<Segment> append(List<ManifestEdit> edits, Merged written, List<Segment> obsolete) throws IOException {
        obsolete.forEach(segment -> edits.add(
                segment.isLog()
                        ? new ManifestEdit.SegmentRemoved(segment.id())
                        : new ManifestEdit.ValueSegmentRemoved(segment.id())));
        try {
            manifest.append(edits);
        } catch (IOException e) {
            if (manifest.failure() == null) { // Else the edit may be there, and name the files.
                merger.discard(written);
            }
            throw e;
        }
        obsolete.forEach(segment -> dropped.add(segment.id()));
        return obsolete;
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

    /**
     * Adds where the log begins, and returns which of the segments may go then. If what it begins with is damaged, it goes on to begin for the manifest where it
     * did, and none of its segments goes: what is damaged must not keep memtables from being flushed.
     */
    private List<Segment> withLogBegin(List<ManifestEdit> edits, Checkpoint checkpoint, List<Segment> obsolete)
            throws IOException {
        try {
            edits.add(logBegins(checkpoint));
            return obsolete;
        } catch (CorruptionException e) {
            damages.met(e);
            return obsolete.stream().filter(segment -> !segment.isLog()).toList();
        }
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

    /** Segments that may go as soon as no table points to them any more, and to which none does. */
    private List<Segment> obsoleteSegments(Checkpoint checkpoint, List<TableInfo> added, Set<Long> removed) {
        Set<Long> referenced = new HashSet<>();
        for (TableReader table : versions.current().tables().all()) {
            if (!removed.contains(table.info().id())) {
                referenced.addAll(table.info().segmentBytes().keySet());
            }
        }
        added.forEach(table -> referenced.addAll(table.segmentBytes().keySet()));
        return droppable(checkpoint)
                .filter(segment -> !referenced.contains(segment.id()))
                .toList();
    }

    /**
     * Of the log the segments before the checkpoint, and before what Raft may ask for; of the value segments those that the manifest knows,
     * since the others are being written.
     */
    private Stream<Segment> droppable(Checkpoint checkpoint) {
        Segment begin = log.segments().find(checkpoint.segmentId());
        int limit = begin == null ? 0 : begin.number();
        if (keepsLog) {
            int oldest = log.oldestEntrySegment();
            limit = oldest < 0 ? limit : Math.min(limit, oldest);
        }
        int below = limit;
        Set<Long> values = new HashSet<>();
        manifest.state().values().forEach(info -> values.add(info.id()));
        return log.segments().all().stream()
                .filter(segment -> segment.isLog() ? segment.number() < below : values.contains(segment.id()))
                .filter(segment -> !dropped.contains(segment.id()));
    }

    private void remove(TableReader table) {
        try {
            table.close();
        } catch (IOException e) {
            logger.warn("cannot close {}, which is not needed any more: {}", table.name(), e.getMessage());
        }
        merger.delete(table.info().id());
    }

    private void remove(Segment segment) {
        log.forget(segment);
        try {
            segment.close();
        } catch (IOException e) {
            logger.warn("cannot close {}, which is not needed any more: {}", segment.name(), e.getMessage());
        }
        Path path = directory.resolve(segment.name().toString());
        try {
            files.delete(path);
        } catch (IOException e) {
            logger.warn("cannot remove {}, which is not needed any more: {}", path, e.getMessage());
        }
    }
}
