package dev.varve.bench.peers;

import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * How often a second the disk appends a record and forces it (write, fdatasync), by the calls that the log makes and
 * without anything else.
 */
enum DiskYardstick {
    /** The file grows: each force writes its new size as well. */
    GROWING("a file that grows", KeySpace.VALUE_BYTES),
    /** The file has its size and blocks (fallocate), which are written for the first time. */
    PREALLOCATED("a preallocated file", KeySpace.VALUE_BYTES),
    /** The same with larger records. */
    PREALLOCATED_4K("a preallocated file, 4 KiB", 4096),
    /** All blocks were written before: a force writes nothing but the data. */
    OVERWRITTEN("a file written before", KeySpace.VALUE_BYTES);

    private static final int FILE_BYTES = 64 << 20;

    private final String title;
    private final int recordBytes;

    DiskYardstick(String title, int recordBytes) {
        this.title = title;
        this.recordBytes = recordBytes;
    }

    /** As in the report. */
    String title() {
        return title;
    }

    /** Appends for so long, or until {@value #FILE_BYTES} bytes are written, and returns the appends a second. */
    double measure(Path directory, int seconds) throws IOException {
        FileSystem files = DiskFileSystem.instance();
        Path path = directory.resolve("disk-yardstick");
        try (StoreFile file = files.create(path)) {
            prepare(file);
            files.syncDirectory(directory);
            ByteBuffer entry = ByteBuffer.allocateDirect(recordBytes);
            long begin = System.nanoTime();
            long end = begin + TimeUnit.SECONDS.toNanos(seconds);
            int appends = 0;
            while (System.nanoTime() < end && (appends + 1L) * recordBytes <= FILE_BYTES) {
                file.write(entry.clear(), (long) appends * recordBytes);
                file.sync();
                appends++;
            }
            return appends / ((System.nanoTime() - begin) / 1e9);
        } finally {
            files.delete(path);
        }
    }

    private void prepare(StoreFile file) throws IOException {
        if (this != GROWING) {
            file.preallocate(FILE_BYTES);
        }
        if (this == OVERWRITTEN) {
            ByteBuffer zeroes = ByteBuffer.allocateDirect(1 << 20);
            for (long at = 0; at < FILE_BYTES; at += zeroes.capacity()) {
                file.write(zeroes.clear(), at);
            }
        }
        file.sync();
    }
}
