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
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the files of segments, of which it reads the header alone. For one that is damaged or missing a {@link DamagedFile} stands in. The system is
 * asked for the headers of all of them before the first one is waited for: a large store has hundreds.
 */
record SegmentOpener(FileSystem files, Path directory, StoreId storeId) {

    private static final Logger logger = LoggerFactory.getLogger(SegmentOpener.class);

    /** A file, and the size to which it was preallocated. */
    record Opened(long id, StoreFile file, int preallocatedBytes) {}

    /** What is to be opened; a shorter file is damaged. */
    private record Wanted(FileName name, long sizeBytes) {}

    /** Opens segments of the log; all, or none if that fails. */
    List<Opened> log(List<Long> ids) throws IOException {
        return open(ids.stream()
                .map(id -> new Wanted(new FileName(FileKind.LOG, id), 0))
                .toList());
    }

    /** Opens value segments, which are damaged if they are shorter than the manifest says; all, or none if that fails. */
    List<Opened> values(List<ValueSegmentInfo> infos) throws IOException {
        return open(infos.stream()
                .map(info -> new Wanted(new FileName(FileKind.VALUES, info.id()), info.sizeBytes()))
                .toList());
    }

    private List<Opened> open(List<Wanted> wanted) throws IOException {
        List<StoreFile> found = new ArrayList<>();
        try {
            for (Wanted segment : wanted) {
                found.add(find(segment.name));
                found.getLast().readAhead(0, FileHeader.BYTES);
            }
            List<Opened> opened = new ArrayList<>();
            for (int i = 0; i < wanted.size(); i++) {
                opened.add(check(wanted.get(i), found.get(i)));
            }
            return opened;
        } catch (IOException | RuntimeException e) {
            found.forEach(file -> close(file, e));
            throw e;
        }
    }

    private static void close(StoreFile file, Exception failure) {
        try {
            file.close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    private StoreFile find(FileName name) throws IOException {
        Path path = directory.resolve(name.toString());
        try {
            return name.kind() == FileKind.LOG ? files.open(path) : files.openForRead(path);
        } catch (NoSuchFileException e) {
            CorruptionException missing = new CorruptionException(name.toString(), 0, "the file is missing");
            logger.error("a segment is missing, what was in it cannot be read: {}", missing.getMessage());
            return new DamagedFile(null, missing);
        }
    }

    private Opened check(Wanted segment, StoreFile file) throws IOException {
        FileName name = segment.name;
        if (file instanceof DamagedFile) {
            return new Opened(name.id(), file, FileHeader.BYTES);
        }
        try {
            ByteBuffer header = ByteBuffer.allocate(FileHeader.BYTES);
            file.read(header, 0);
            long preallocated = FileHeader.check(header.flip(), name, storeId).preallocatedBytes();
            if (file.size() < segment.sizeBytes) {
                throw new CorruptionException(
                        name.toString(), file.size(), "the file should have " + segment.sizeBytes + " bytes");
            }
            return new Opened(name.id(), file, (int) preallocated);
        } catch (CorruptionException e) {
            logger.error("a segment is damaged, what is in it cannot be read: {}", e.getMessage());
            return new Opened(name.id(), new DamagedFile(file, e), FileHeader.BYTES);
        }
    }
}
