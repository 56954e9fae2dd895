package dev.varve.storage.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.Ticker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A log in a directory, and what a manifest would know of it: its segments. */
final class TestLog implements SegmentRegistry {

    static final StoreId STORE = new StoreId(1, 2);

    final List<Long> segmentIds = new CopyOnWriteArrayList<>();
    private final AtomicInteger files = new AtomicInteger();
    private final Path directory;
    private final int segmentBytes;

    TestLog(Path directory, int segmentBytes) {
        this.directory = directory;
        this.segmentBytes = segmentBytes;
    }

    @Override
    public long nextFileId() {
        return FileName.id(7, files.incrementAndGet());
    }

    @Override
    public void segmentCreated(long id) {
        segmentIds.add(id);
    }

    /** Opens it from its first record on. */
    Log open() throws IOException {
        return open(DiskFileSystem.instance(), Ticker.system(), (header, position, payload) -> {});
    }

    /** The same with these files and this clock, and the entries handed over. */
    Log open(FileSystem fileSystem, Ticker ticker, Log.Replay replay) throws IOException {
        long first = segmentIds.isEmpty() ? 0 : segmentIds.getFirst();
        return Log.open(
                new LogConfig(
                        fileSystem, ticker, directory, STORE, 0, segmentBytes, this, (nanos, writes, bytes) -> {}),
                new SegmentSet(),
                new Log.Start(List.copyOf(segmentIds), first, FileHeader.BYTES, new LogState(0, 0, 1, 0), 0, 0),
                replay);
    }

    /** An entry that puts one value. */
    static LogEntry put(long index, long term, String key, byte[] value) {
        FrameEncoder frames = new FrameEncoder(64).add(FrameKind.PUT, true, Frames.USER, key.getBytes(UTF_8), value);
        return new LogEntry(RecordType.WRITES, index, term, 1_000 * index, 0, frames.payload());
    }

    /** A small one. */
    static LogEntry put(long index) {
        return put(index, 1, "key " + index, new byte[] {(byte) index});
    }
}
