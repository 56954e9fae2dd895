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
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the files of segments, of which it reads the header alone. For one that is damaged or missing a {@link DamagedFile} stands in. */
record SegmentOpener(FileSystem files, Path directory, StoreId storeId) {

    private static final Logger logger = LoggerFactory.getLogger(SegmentOpener.class);

    /** A file, and the size to which it was preallocated. */
    record Opened(StoreFile file, int preallocatedBytes) {}

    /** Opens a segment of the log. */
    Opened log(long id) throws IOException {
        return open(new FileName(FileKind.LOG, id), 0);
    }

    /** Opens a value segment, which is damaged if it is shorter than the manifest says. */
    Opened values(ValueSegmentInfo info) throws IOException {
        return open(new FileName(FileKind.VALUES, info.id()), info.sizeBytes());
    }

    private Opened open(FileName name, long sizeBytes) throws IOException {
        try {
            Path path = directory.resolve(name.toString());
            StoreFile file = name.kind() == FileKind.LOG ? files.open(path) : files.openForRead(path);
            try {
                ByteBuffer header = ByteBuffer.allocate(FileHeader.BYTES);
                file.read(header, 0);
                long preallocated =
                        FileHeader.check(header.flip(), name, storeId).preallocatedBytes();
                if (file.size() < sizeBytes) {
                    throw new CorruptionException(
                            name.toString(), file.size(), "the file should have " + sizeBytes + " bytes");
                }
                return new Opened(file, (int) preallocated);
            } catch (CorruptionException e) {
                logger.error("a segment is damaged, what is in it cannot be read: {}", e.getMessage());
                return new Opened(new DamagedFile(file, e), FileHeader.BYTES);
            } catch (IOException e) {
                file.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            CorruptionException missing = new CorruptionException(name.toString(), 0, "the file is missing");
            logger.error("a segment is missing, what was in it cannot be read: {}", missing.getMessage());
            return new Opened(new DamagedFile(null, missing), FileHeader.BYTES);
        }
    }
}
