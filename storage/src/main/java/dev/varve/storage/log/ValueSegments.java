package dev.varve.storage.log;

import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.Spares;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The value segments of a store: files of frames that were moved out of the log, or out of older value segments, in the order of their
 * keys. They stand in the same {@link SegmentSet} as the log's segments, so that an entry of the index may point to either, and are
 * otherwise no part of the log: nothing is replayed from them. Thread-safe.
 */
public final class ValueSegments {

    private static final Logger logger = LoggerFactory.getLogger(ValueSegments.class);
    private static final int BUFFER_BYTES = 1 << 20;

    private final FileSystem files;
    private final Path directory;
    private final StoreId storeId;
    private final LongSupplier ids;
    private final int segmentBytes;
    private final SegmentSet segments;

    /** Of those who write; each would take memory until the next collection of garbage. */
    private final Spares<ByteBuffer> buffers = new Spares<>(() -> ByteBuffer.allocateDirect(BUFFER_BYTES));

    /**
     * @param ids draws the id of a new file
     * @param segmentBytes size at which a segment is ended
     * @param segments where they are found by number and id
     */
    public ValueSegments(
            FileSystem files,
            Path directory,
            StoreId storeId,
            LongSupplier ids,
            int segmentBytes,
            SegmentSet segments) {
        this.files = files;
        this.directory = directory;
        this.storeId = storeId;
        this.ids = ids;
        this.segmentBytes = segmentBytes;
        this.segments = segments;
    }

    /** Opens those that the manifest knows. */
    public void open(List<ValueSegmentInfo> known) throws IOException {
        List<SegmentOpener.Opened> opened = new SegmentOpener(files, directory, storeId).values(known);
        for (int i = 0; i < known.size(); i++) {
            segments.addValues(opened.get(i).id(), opened.get(i).file())
                    .finish((int) known.get(i).sizeBytes());
        }
    }

    /** Begins a new one, which counts once the manifest has it. */
    ValueSegmentWriter create() throws IOException {
        long id = ids.getAsLong();
        StoreFile file = files.create(path(id));
        Segment segment = segments.addValues(id, file);
        try {
            return new ValueSegmentWriter(segment, storeId, buffers);
        } catch (IOException | RuntimeException e) {
            remove(segment);
            throw e;
        }
    }

    /** Begins a run of new ones. */
    public ValueRunWriter newRun() {
        return new ValueRunWriter(this, segmentBytes);
    }

    /** Removes a segment that the manifest does not have and nobody reads, with its file. */
    public void remove(Segment segment) {
        segments.remove(segment);
        Path path = path(segment.id());
        try {
            segment.close();
        } catch (IOException e) {
            logger.warn("cannot close {}, which is not needed any more: {}", path, e.getMessage());
        }
        try {
            files.delete(path);
        } catch (IOException e) {
            logger.warn("cannot remove {}, which is not needed any more: {}", path, e.getMessage());
        }
    }

    private Path path(long id) {
        return directory.resolve(new FileName(FileKind.VALUES, id).toString());
    }
}
