package dev.varve.storage.log;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.StoreId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/** Reads segments from one end to the other and verifies every checksum. Thread-safe. */
public final class SegmentVerifier {

    private final StoreId storeId;
    private final LongConsumer progress;

    /** @param progress is told of bytes that have been verified, every MiB or so; may make the reader wait, and may throw to end it */
    public SegmentVerifier(StoreId storeId, LongConsumer progress) {
        this.storeId = storeId;
        this.progress = progress;
    }

    /**
     * Verifies what is known to be on the device.
     *
     * @throws CorruptionException at the first damage: what stands behind it is not read
     */
    public void verify(Segment segment) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(FileHeader.BYTES);
        int durable = segment.durableEnd();
        segment.file().read(header, 0);
        FileHeader.check(header.flip(), segment.name(), storeId);
        if (segment.isLog()) {
            verifyRecords(segment, durable);
        } else {
            verifyValues(segment);
        }
    }

    private void verifyRecords(Segment segment, int durable) throws IOException {
        LogScanner scanner = new LogScanner(segment, FileHeader.BYTES);
        int told = 0;
        while (scanner.offset() < durable && scanner.next()) {
            told = tell(told, scanner.offset());
        }
        progress.accept(scanner.offset() - told);
        // A segment that stands before the place where reading began counts as durable to the end of its file; it may
        // be empty.
        boolean ended = scanner.offset() >= durable
                || scanner.sealed()
                || (durable == segment.file().size() && scanner.onlyZeroesFollow());
        if (!ended) {
            throw new CorruptionException(segment.name().toString(), scanner.offset(), scanner.trouble());
        }
    }

    private void verifyValues(Segment segment) throws IOException {
        if (segment.file().size() != segment.end()) {
            throw new CorruptionException(
                    segment.name().toString(),
                    segment.file().size(),
                    "the file should have " + segment.end() + " bytes");
        }
        ValueSegmentScanner scanner = new ValueSegmentScanner(segment.file(), segment.name());
        int told = 0;
        while (scanner.next()) {
            scanner.frame().originalValue();
            told = tell(told, (int) scanner.offset());
        }
        progress.accept(scanner.offset() - told);
    }

    private int tell(int told, int offset) {
        if (offset - told < 1 << 20) {
            return told;
        }
        progress.accept(offset - told);
        return offset;
    }
}
