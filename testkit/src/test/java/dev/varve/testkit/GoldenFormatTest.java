package dev.varve.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.storage.checkpoint.Checkpoint;
import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.checkpoint.ManifestEdit;
import dev.varve.storage.format.BlockBuilder;
import dev.varve.storage.format.BlockCursor;
import dev.varve.storage.format.BlockHandle;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.RaftConfiguration;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.format.TableFooter;
import dev.varve.storage.format.ValueSegmentFooter;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.index.RangeTombstones;
import dev.varve.storage.index.SegmentBytes;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableWriter;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.LogConfig;
import dev.varve.storage.log.LogEntry;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.LogState;
import dev.varve.storage.log.SegmentRegistry;
import dev.varve.storage.log.SegmentSet;
import dev.varve.storage.log.ValueRunWriter;
import dev.varve.storage.log.ValueSegmentInfo;
import dev.varve.storage.log.ValueSegments;
import dev.varve.storage.log.VoteFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One small file of each kind, byte by byte: whoever changes a format sees it here, and whether old files can still be read. */
@Timeout(30)
class GoldenFormatTest {

    private static final Path DIRECTORY = Path.of("/store");
    private static final StoreId STORE = new StoreId(0x0102_0304_0506_0708L, 0x1112_1314_1516_1718L);
    private static final int ORIGIN = 0xA1B2C3D4;
    private static final int SEGMENT_BYTES = 1024;
    private static final long TIME_MICROS = 1_767_225_600_000_000L;

    private final SimulatedFileSystem files = new SimulatedFileSystem();

    @BeforeEach
    void createDirectory() throws IOException {
        files.createDirectories(DIRECTORY);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(US_ASCII);
    }

    private byte[] file(FileName name) throws IOException {
        return files.disk().bytes(DIRECTORY.resolve(name.toString()));
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    // ------------------------------------------------------------------------------------------------------ log

    /** Names segments 1, 2 and so on. */
    private static final class Counter implements SegmentRegistry {
        private int count;

        @Override
        public synchronized long nextFileId() {
            return FileName.id(ORIGIN, ++count);
        }

        @Override
        public void segmentCreated(long id) {}
    }

    private Log openLog() throws IOException {
        LogConfig config = new LogConfig(
                files, () -> 0, DIRECTORY, STORE, 0, SEGMENT_BYTES, new Counter(), (nanos, writes, bytes) -> {});
        Log.Start start = new Log.Start(List.of(), 0, 0, new LogState(0, 0, 1, TIME_MICROS), 0, 0);
        return Log.open(config, new SegmentSet(), start, (header, position, payload) -> {});
    }

    private static LogEntry entry(RecordType type, long index, long term, ByteBuffer payload) {
        return new LogEntry(type, index, term, TIME_MICROS + index, 0, payload);
    }

    @Test
    void aSegmentOfTheLog() throws IOException {
        ByteBuffer batch = new FrameEncoder(64)
                .add(FrameKind.PUT, true, Frames.USER, bytes("apple"), bytes("red"))
                .add(FrameKind.DELETE, false, Frames.USER, bytes("pear"), new byte[0])
                .add(FrameKind.PUT, true, Frames.SYSTEM, bytes("k"), new byte[0])
                .add(FrameKind.RANGE_DELETE, true, Frames.USER, bytes("b"), bytes("c"))
                .add(FrameKind.RANGE_DELETE, true, Frames.USER, bytes("x"), new byte[0])
                .payload();
        ByteBuffer large = new FrameEncoder(64)
                .add(FrameKind.PUT, true, Frames.USER, bytes("large"), new byte[SEGMENT_BYTES / 2])
                .payload();
        FileName first;
        try (Log log = openLog()) {
            first = log.activeSegment().name();
            ByteBuffer alone = RaftConfiguration.alone("n1").toFrame().payload();
            log.append(List.of(entry(RecordType.CONFIGURATION, 1, 1, alone)));
            log.append(List.of(
                    entry(RecordType.NO_OP, 2, 1, ByteBuffer.allocate(0)), entry(RecordType.WRITES, 3, 1, batch)));
            log.truncateSuffix(2);
            log.append(List.of(entry(RecordType.WRITES, 3, 2, batch)));
            log.append(List.of(entry(RecordType.WRITES, 4, 2, large))); // Goes to the next segment.
        }
        GoldenFile.compare("format-log.txt", segmentDump(first));
    }

    private String segmentDump(FileName name) throws IOException {
        byte[] bytes = file(name);
        HexDump dump = new HexDump(bytes).part(0, "header of " + name);
        int at = FileHeader.BYTES;
        while (at + RecordHeader.BYTES <= bytes.length) {
            RecordHeader header = RecordHeader.read(littleEndian(bytes), at, name.id(), at);
            if (header == null) {
                break;
            }
            dump.part(at, header.toString());
            int payload = at + RecordHeader.BYTES;
            FrameCursor frames = FrameCursor.salted(
                    littleEndian(bytes).slice(payload, header.length() - RecordHeader.BYTES), name.id(), payload);
            while (frames.next()) {
                dump.part(payload + frames.offset(), "frame");
            }
            at += header.length();
        }
        return dump.toString();
    }

    // ---------------------------------------------------------------------------------------------------- table

    private static void add(TableWriter writer, String key, IndexEntry entry) throws IOException {
        byte[] indexKey = IndexKey.of(Frames.USER, bytes(key));
        writer.add(indexKey, indexKey.length, entry);
    }

    @Test
    void aTable() throws IOException {
        FileName name = new FileName(FileKind.TABLE, FileName.id(ORIGIN, 3));
        try (Log log = openLog();
                StoreFile file = files.create(DIRECTORY.resolve(name.toString()))) {
            TableWriter writer = new TableWriter(file, STORE, name.id(), log.segments());
            byte[] red = bytes("red");
            add(writer, "apple", new IndexEntry(EntryKind.INLINE, 3, 0, red.length, 0x01020304, red));
            add(writer, "apple pie", new IndexEntry(EntryKind.POINTER, 9, LogPosition.of(0, 184), 1000, -1, null));
            add(writer, "apple pie", new IndexEntry(EntryKind.POINTER, 4, LogPosition.of(0, 64), 300, 7, null));
            add(writer, "pear", new IndexEntry(EntryKind.TOMBSTONE, 5, 0, 0, 0, null));
            byte[] system = IndexKey.of(300, bytes("k"));
            writer.add(system, system.length, new IndexEntry(EntryKind.INLINE, 6, 0, 0, 0, new byte[0]));
            writer.finish();
        }
        GoldenFile.compare("format-table.txt", tableDump(name));
    }

    @Test
    void aTableWithRangeTombstones() throws IOException {
        FileName name = new FileName(FileKind.TABLE, FileName.id(ORIGIN, 3));
        try (Log log = openLog();
                StoreFile file = files.create(DIRECTORY.resolve(name.toString()))) {
            TableWriter writer = new TableWriter(file, STORE, name.id(), log.segments());
            add(writer, "pear", new IndexEntry(EntryKind.TOMBSTONE, 5, 0, 0, 0, null));
            writer.finish(RangeTombstones.NONE
                    .with(bytes("\0apple"), bytes("\0cherry"), 300)
                    .with(bytes("\0banana"), bytes("\0date"), 7)
                    .with(bytes("\0quince"), bytes("\1"), 8));
        }
        GoldenFile.compare("format-table-ranges.txt", tableDump(name));
    }

    private String tableDump(FileName name) throws IOException {
        byte[] bytes = file(name);
        int end = bytes.length - TableFooter.BYTES;
        TableFooter footer = TableFooter.decode(
                ByteBuffer.wrap(bytes, end, TableFooter.BYTES).slice(), name, bytes.length);
        HexDump dump = new HexDump(bytes)
                .part(0, "header of " + name)
                .part(footer.root().offset(), "index")
                .part(footer.meta().offset(), "meta index")
                .part(end, "footer");
        for (BlockHandle root : List.of(footer.root(), footer.meta())) {
            ByteBuffer block = littleEndian(bytes).slice((int) root.offset(), root.length());
            BlockCursor cursor = new BlockCursor(BlockBuilder.open(block, name, root.offset()), name, root.offset());
            for (boolean found = cursor.first(); found; found = cursor.next()) {
                String part = root.equals(footer.root())
                        ? "data block"
                        : new String(cursor.keyBytes(), 0, cursor.keyLength(), US_ASCII);
                dump.part(BlockHandle.get(cursor.payload()).offset(), part);
            }
        }
        return dump.toString();
    }

    // --------------------------------------------------------------------------------------------------- values

    @Test
    void aValueSegment() throws IOException {
        SegmentSet segments = new SegmentSet();
        ValueRunWriter run = new ValueSegments(
                        files, DIRECTORY, STORE, () -> FileName.id(ORIGIN, 4), SEGMENT_BYTES, segments)
                .newRun();
        FrameCursor frames = FrameCursor.plain(new FrameEncoder(64)
                .add(FrameKind.PUT, true, Frames.USER, bytes("apple"), bytes("red"))
                .add(FrameKind.PUT, false, Frames.USER, bytes("pear"), bytes("green ".repeat(20)))
                .payload());
        while (frames.next()) {
            run.add(frames);
        }
        run.finish();
        FileName name = segments.get(0).name();
        byte[] bytes = file(name);
        HexDump dump = new HexDump(bytes).part(0, "header of " + name);
        int end = bytes.length - ValueSegmentFooter.BYTES;
        ByteBuffer payload = littleEndian(bytes).slice(FileHeader.BYTES, end - FileHeader.BYTES);
        FrameCursor stored = FrameCursor.stored(payload, name, FileHeader.BYTES);
        while (stored.next()) {
            dump.part(FileHeader.BYTES + stored.offset(), stored.codec() == Frames.LZ4 ? "frame, LZ4" : "frame");
        }
        GoldenFile.compare("format-values.txt", dump.part(end, "footer").toString());
        segments.close();
    }

    // ------------------------------------------------------------------------------------------------- manifest

    @Test
    void aManifest() throws IOException {
        FileName name = new FileName(FileKind.MANIFEST, FileName.id(ORIGIN, 1));
        long segment = FileName.id(ORIGIN, 2);
        TableInfo table = new TableInfo(
                FileName.id(ORIGIN, 3),
                700,
                5,
                1,
                bytes("\0apple"),
                bytes("\0pear"),
                3,
                9,
                new TreeMap<>(Map.of(segment, 1345L)));
        TableInfo withRanges = new TableInfo(
                FileName.id(ORIGIN, 4), 300, 0, 0, 2, bytes("\0apple"), bytes("\1"), 4, 8, SegmentBytes.NONE);
        byte[] configuration = new byte[] {1, 2, 'n', '1', 0, 0, 0};
        ManifestEdit.Identity identity = new ManifestEdit.Identity(0x2122_2324_2526_2728L, ORIGIN, TIME_MICROS, "n1");
        try (Manifest manifest = Manifest.create(files, DIRECTORY, STORE, identity)) {
            manifest.append(List.of(new ManifestEdit.SegmentCreated(segment)));
            manifest.append(List.of(
                    new ManifestEdit.TableAdded(table),
                    new ManifestEdit.Checkpointed(
                            new Checkpoint(12, 2, 9, TIME_MICROS + 12, segment, 500, configuration, 1)),
                    new ManifestEdit.SegmentRemoved(FileName.id(ORIGIN, 9)),
                    new ManifestEdit.LogBegins(2, 1, segment, 64)));
            manifest.append(List.of(new ManifestEdit.TableAdded(withRanges)));
            manifest.append(List.of(new ManifestEdit.TableRemoved(FileName.id(ORIGIN, 8))));
            manifest.append(List.of(
                    new ManifestEdit.ValueSegmentAdded(new ValueSegmentInfo(FileName.id(ORIGIN, 7), 900, 1500)),
                    new ManifestEdit.ValueSegmentRemoved(FileName.id(ORIGIN, 6))));
            manifest.append(List.of(new ManifestEdit.Closed(segment, 600)));
        }
        GoldenFile.compare("format-manifest.txt", manifestDump(name));
    }

    private String manifestDump(FileName name) throws IOException {
        byte[] bytes = file(name);
        HexDump dump = new HexDump(bytes).part(0, "header of " + name);
        for (int at = FileHeader.BYTES;
                at < bytes.length;
                at += 16 + littleEndian(bytes).getInt(at)) {
            dump.part(at, "record").part(at + 16, "edits");
        }
        return dump.toString();
    }

    // ----------------------------------------------------------------------------------------------------- vote

    @Test
    void aVote() throws IOException {
        FileName name = new FileName(FileKind.VOTE, VoteFile.ID);
        try (VoteFile vote = VoteFile.create(files, DIRECTORY, STORE, 1, "n1")) {
            vote.save(2, null);
        }
        GoldenFile.compare(
                "format-vote.txt",
                new HexDump(file(name))
                        .part(0, "header of " + name)
                        .part(4096, "copy")
                        .part(4608, "copy")
                        .toString());
    }
}
