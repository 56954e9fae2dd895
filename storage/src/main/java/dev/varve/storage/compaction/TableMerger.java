package dev.varve.storage.compaction;

import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.RangeTombstones;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableWriter;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.Segment;
import dev.varve.storage.log.SegmentSet;
import dev.varve.storage.log.ValueSegmentInfo;
import dev.varve.storage.log.ValueSegments;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what is still live of a sorted run of entries as tables, and moves values out of the segments that are to go. Tables and value
 * segments are on the device, with their names, when it is done, and count once the manifest has them. Thread-safe.
 */
public final class TableMerger {

    private static final Logger logger = LoggerFactory.getLogger(TableMerger.class);

    private final FileSystem files;
    private final Path directory;
    private final StoreId storeId;
    private final LongSupplier ids;
    private final SegmentSet segments;
    private final ValueSegments values;
    private final int inlineBytesMax;

    /**
     * @param ids draws the id of a new file
     * @param segments what entries point to
     * @param values where values are moved to
     * @param inlineBytesMax the largest value that stands in a table
     */
    public TableMerger(
            FileSystem files,
            Path directory,
            StoreId storeId,
            LongSupplier ids,
            SegmentSet segments,
            ValueSegments values,
            int inlineBytesMax) {
        this.files = files;
        this.directory = directory;
        this.storeId = storeId;
        this.ids = ids;
        this.segments = segments;
        this.values = values;
        this.inlineBytesMax = inlineBytesMax;
    }

    /**
     * Writes the tables; all versions of a key are in one of them, and range tombstones are cut where a table ends.
     *
     * @return what the manifest keeps of them; no tables if nothing is live
     * @throws InterruptedIOException if it was cancelled; after any exception nothing is left behind
     */
    public Merged write(Merge merge) throws IOException {
        Sequence tables = new Sequence(merge.tableBytes(), merge.ranges());
        ValueMover mover = new ValueMover(segments, values.newRun(), merge.victims(), inlineBytesMax, tables);
        try {
            IndexCursor source = merge.source();
            for (boolean found = source.seek(merge.start()); found; found = source.next()) {
                if (merge.cancelled().getAsBoolean()) {
                    throw new InterruptedIOException("the store is being closed");
                }
                byte[] key = source.keyBytes();
                int length = source.keyLength();
                byte[] end = merge.end();
                if (end != null && Arrays.compareUnsigned(key, 0, length, end, 0, end.length) > 0) {
                    break;
                }
                IndexEntry entry = source.entry();
                if (merge.live().keep(key, length, entry.revision(), entry.isTombstone())
                        && merge.part().getAsBoolean()) {
                    mover.add(key, length, entry);
                }
            }
            List<ValueSegmentInfo> moved = mover.finish();
            tables.finishLast();
            if (!tables.written.isEmpty() || !moved.isEmpty()) {
                files.syncDirectory(directory);
            }
            return new Merged(tables.written, moved, mover.movedBytes(), mover.unreadable());
        } catch (IOException | RuntimeException e) {
            mover.abandon();
            tables.abandon();
            throw e;
        }
    }

    /** Removes what was written and the manifest does not have. */
    public void discard(Merged merged) {
        merged.tables().forEach(table -> delete(table.id()));
        for (ValueSegmentInfo info : merged.values()) {
            Segment segment = segments.find(info.id());
            if (segment != null) {
                values.remove(segment);
            }
        }
    }

    /** Removes the file of a table that the manifest does not have. */
    public void delete(long id) {
        Path path = path(id);
        try {
            files.delete(path);
        } catch (IOException e) {
            logger.warn("cannot remove {}, which is not needed any more: {}", path, e.getMessage());
        }
    }

    private Path path(long id) {
        return directory.resolve(new FileName(FileKind.TABLE, id).toString());
    }

    /** Tables that are written one after another as each becomes full. */
    private final class Sequence implements ValueMover.Target {

        private final long tableBytes;
        private final RangeTombstones ranges;
        private final List<TableInfo> written = new ArrayList<>();
        private @Nullable Output output;

        /** Where the table that is being written begins; null for the first. */
        private byte @Nullable [] begin;

        Sequence(long tableBytes, RangeTombstones ranges) {
            this.tableBytes = tableBytes;
            this.ranges = ranges;
        }

        @Override
        public void add(byte[] key, int keyLength, IndexEntry entry) throws IOException {
            Output current = output;
            if (current != null
                    && current.writer.sizeBytes() >= tableBytes
                    && !current.writer.endsWith(key, keyLength)) {
                byte[] end = current.writer.behindLast();
                finish(ranges.within(begin, end));
                begin = end;
                current = null;
            }
            if (current == null) {
                current = new Output();
                output = current;
            }
            current.writer.add(key, keyLength, entry);
        }

        /** Ends the last table, which has the range tombstones that are left. */
        void finishLast() throws IOException {
            RangeTombstones rest = ranges.within(begin, null);
            if (output == null && !rest.isEmpty()) {
                output = new Output();
            }
            finish(rest);
        }

        private void finish(RangeTombstones own) throws IOException {
            Output last = output;
            output = null;
            if (last != null) {
                written.add(last.finish(own));
            }
        }

        void abandon() {
            Output last = output;
            if (last != null) {
                last.abandon();
            }
            written.forEach(table -> delete(table.id()));
        }
    }

    /** A table that is being written. */
    private final class Output {

        private final long id = ids.getAsLong();
        private final StoreFile file = files.create(path(id));
        private final TableWriter writer;

        Output() throws IOException {
            try {
                this.writer = new TableWriter(file, storeId, id, segments);
            } catch (IOException | RuntimeException e) {
                abandon();
                throw e;
            }
        }

        TableInfo finish(RangeTombstones ranges) throws IOException {
            try (file) {
                return writer.finish(ranges);
            } catch (IOException | RuntimeException e) {
                delete(id);
                throw e;
            }
        }

        void abandon() {
            try {
                file.close();
            } catch (IOException e) {
                logger.warn("cannot close {}, which is not needed any more: {}", path(id), e.getMessage());
            }
            delete(id);
        }
    }
}
