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
import dev.varve.storage.log.SegmentSet;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what is still live of a sorted run of entries as tables. They are on the device, with their names, when it is done, and count
 * once the manifest has them. Thread-safe.
 */
public final class TableMerger {

    private static final Logger logger = LoggerFactory.getLogger(TableMerger.class);

    private final FileSystem files;
    private final Path directory;
    private final StoreId storeId;
    private final LongSupplier ids;
    private final SegmentSet segments;

    /**
     * @param ids draws the id of a new file
     * @param segments the log that entries point to
     */
    public TableMerger(FileSystem files, Path directory, StoreId storeId, LongSupplier ids, SegmentSet segments) {
        this.files = files;
        this.directory = directory;
        this.storeId = storeId;
        this.ids = ids;
        this.segments = segments;
    }

    /**
     * Writes the tables; all versions of a key are in one of them, and range tombstones are cut where a table ends.
     *
     * @param source the entries
     * @param live which of them are written, and which range tombstones
     * @param tableBytes a table is ended behind the key with which it exceeds this
     * @param cancelled looked at with each key
     * @return what the manifest keeps of them; nothing if nothing is live
     * @throws InterruptedIOException if it was cancelled; after any exception nothing is left behind
     */
    public List<TableInfo> write(IndexCursor source, LiveVersions live, long tableBytes, BooleanSupplier cancelled)
            throws IOException {
        List<TableInfo> written = new ArrayList<>();
        RangeTombstones ranges = live.rangeTombstones();
        byte[] begin = null;
        Output output = null;
        try {
            for (boolean found = source.seek(null); found; found = source.next()) {
                if (cancelled.getAsBoolean()) {
                    throw new InterruptedIOException("the store is being closed");
                }
                IndexEntry entry = source.entry();
                byte[] key = source.keyBytes();
                int length = source.keyLength();
                if (!live.keep(key, length, entry.revision(), entry.isTombstone())) {
                    continue;
                }
                if (output != null && output.writer.sizeBytes() >= tableBytes && !output.writer.endsWith(key, length)) {
                    Output full = output;
                    output = null;
                    byte[] end = full.writer.behindLast();
                    written.add(full.finish(ranges.within(begin, end)));
                    begin = end;
                }
                if (output == null) {
                    output = new Output();
                }
                output.writer.add(key, length, entry);
            }
            RangeTombstones rest = ranges.within(begin, null);
            if (output == null && !rest.isEmpty()) {
                output = new Output();
            }
            if (output != null) {
                Output last = output;
                output = null;
                written.add(last.finish(rest));
            }
            if (!written.isEmpty()) {
                files.syncDirectory(directory);
            }
            return written;
        } catch (IOException | RuntimeException e) {
            if (output != null) {
                output.abandon();
            }
            written.forEach(table -> delete(table.id()));
            throw e;
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
