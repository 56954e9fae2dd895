package dev.varve.storage.log;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A segment to which nothing is added any more: one of the log that has its seal, or a value segment. */
public final class CompleteSegment {

    private CompleteSegment() {}

    /**
     * Reads a file from one end to the other and verifies every checksum.
     *
     * @param name of a segment of the log or a value segment
     * @throws CorruptionException if something in it is damaged, its end is missing, or it is no file of this store
     */
    public static void verify(FileSystem files, Path directory, StoreId storeId, FileName name) throws IOException {
        try (StoreFile file = files.openForRead(directory.resolve(name.toString()))) {
            ByteBuffer header = ByteBuffer.allocate(FileHeader.BYTES);
            file.read(header, 0);
            FileHeader.check(header.flip(), name, storeId);
            if (name.kind() == FileKind.LOG) {
                verifyRecords(file, name);
            } else {
                ValueSegmentScanner values = new ValueSegmentScanner(file, name);
                while (values.next()) {
                    values.frame().originalValue();
                }
            }
        }
    }

    private static void verifyRecords(StoreFile file, FileName name) throws IOException {
        Segment segment = new Segment(FileKind.LOG, 0, name.id(), file, (int) file.size());
        LogScanner records = new LogScanner(segment, FileHeader.BYTES);
        while (records.next()) {
            // Each is verified as a whole.
        }
        if (!records.sealed()) {
            throw new CorruptionException(name.toString(), records.offset(), records.trouble());
        }
    }
}
