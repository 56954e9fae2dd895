package dev.varve.storage.index;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.format.TableFooter;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.SegmentSet;
import dev.varve.storage.log.TestSegments;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TableReaderTest {

    private static final StoreId STORE = new StoreId(1, 2);
    private static final FileName NAME = new FileName(FileKind.TABLE, 7);

    @TempDir
    Path directory;

    private final List<TableReader> opened = new ArrayList<>();

    /** An entry of a table, with its index key. */
    private record Row(byte[] key, IndexEntry entry) {}

    @AfterEach
    void close() throws IOException {
        for (TableReader reader : opened) {
            reader.close();
        }
    }

    private static byte[] key(String text) {
        return IndexKey.of(0, text.getBytes(US_ASCII));
    }

    private static IndexEntry inline(long revision, byte[] value) {
        return new IndexEntry(EntryKind.INLINE, revision, 0, value.length, (int) revision, value);
    }

    private static IndexEntry tombstone(long revision) {
        return new IndexEntry(EntryKind.TOMBSTONE, revision, 0, 0, 0, null);
    }

    private TableInfo write(SegmentSet segments, List<Row> rows) throws IOException {
        try (StoreFile file = DiskFileSystem.instance().create(directory.resolve(NAME.toString()))) {
            TableWriter writer = new TableWriter(file, STORE, NAME.id(), segments);
            for (Row row : rows) {
                writer.add(row.key, row.key.length, row.entry);
            }
            return writer.finish();
        }
    }

    private TableReader open(TableInfo info, SegmentSet segments) {
        TableReader reader =
                new TableReader(DiskFileSystem.instance(), directory, STORE, info, segments, new BlockCache(1 << 20));
        opened.add(reader);
        return reader;
    }

    @Test
    void aTableWithoutMemoryForItsFilterIsReadAllTheSame() throws IOException {
        List<Row> rows = rows(400, 10);
        TableInfo info = write(new SegmentSet(), rows);
        BlockCache cache = new BlockCache(1 << 20, 600);
        List<TableReader> tables = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            tables.add(new TableReader(DiskFileSystem.instance(), directory, STORE, info, new SegmentSet(), cache));
        }
        for (TableReader table : tables) {
            for (Row row : rows) {
                assertThat(get(table, row.key, Long.MAX_VALUE).revision()).isEqualTo(row.entry.revision());
            }
            assertThat(get(table, key(1, 10), Long.MAX_VALUE)).isEqualTo(IndexEntry.COLD);
        }
        for (TableReader table : tables.subList(1, 3)) {
            assertThat(mayHold(table, rows.getFirst().key)).isTrue();
            assertThat(mayHold(table, key(1, 10))).as("the blocks are asked").isFalse();
        }
        assertThat(cache.takeFilter(600)).as("the first table has its filter").isFalse();
        for (TableReader table : tables) {
            table.close();
            table.close();
        }
        assertThat(cache.takeFilter(601)).isFalse();
        assertThat(cache.takeFilter(600)).as("all that was taken is given back").isTrue();
    }

    private static boolean mayHold(TableReader table, byte[] key) throws IOException {
        return table.mayHold(key, BloomFilter.hash(key, key.length));
    }

    @Test
    void theFilterTellsOfMostKeysThatTheyAreNotThere() throws IOException {
        List<Row> rows = rows(4_000, 10);
        TableReader table = table(rows);
        int wrong = 0;
        for (int i = 0; i < rows.size() - 1; i++) {
            assertThat(mayHold(table, rows.get(i).key)).isTrue();
            wrong += mayHold(table, Arrays.copyOf(rows.get(i).key, rows.get(i).key.length + 1)) ? 1 : 0;
        }
        assertThat(wrong).isLessThan(rows.size() / 20);
        assertThat(mayHold(table, new byte[0])).isFalse();
        assertThat(mayHold(table, new byte[] {(byte) 255})).isFalse();
    }

    private TableReader table(List<Row> rows) throws IOException {
        return open(write(new SegmentSet(), rows), new SegmentSet());
    }

    private static IndexEntry get(TableReader table, byte[] key, long maxRevision) throws IOException {
        IndexEntry entry = table.get(key, BloomFilter.hash(key, key.length), maxRevision, false);
        return entry == null ? IndexEntry.COLD : entry;
    }

    private static String text(IndexCursor cursor) {
        return new String(cursor.keyBytes(), 1, cursor.keyLength() - 1, US_ASCII) + "@" + cursor.revision();
    }

    private static String text(Row row) {
        return new String(row.key, 1, row.key.length - 1, US_ASCII) + "@" + row.entry.revision();
    }

    /** So many keys, of which each takes about so many bytes of every block that has it. Odd numbers lie between them. */
    private static List<Row> rows(int count, int keyBytes) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(new Row(key(2 * i, keyBytes), inline(i + 1, new byte[] {(byte) i})));
        }
        return rows;
    }

    private static byte[] key(int number, int keyBytes) {
        return key("%05d".formatted(number) + "k".repeat(keyBytes));
    }

    private static int levels(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer footer = ByteBuffer.wrap(Arrays.copyOfRange(bytes, bytes.length - TableFooter.BYTES, bytes.length));
        return TableFooter.decode(footer, NAME, bytes.length).indexLevels();
    }

    /** One block; several; two levels of index; three. */
    @ParameterizedTest
    @ValueSource(strings = {"1 10 1", "1 1000 1", "300 100 1", "300 1000 2", "1600 1000 3"})
    void everyEntryIsFoundAndWalkedInBothDirections(String shape) throws IOException {
        String[] parts = shape.split(" ", -1);
        int count = Integer.parseInt(parts[0]);
        int keyBytes = Integer.parseInt(parts[1]);
        List<Row> rows = rows(count, keyBytes);
        TableReader table = table(rows);
        assertThat(levels(directory.resolve(NAME.toString()))).isEqualTo(Integer.parseInt(parts[2]));
        table.verify();
        List<String> walked = new ArrayList<>();
        IndexCursor cursor = table.cursor();
        for (boolean found = cursor.seek(null); found; found = cursor.next()) {
            walked.add(text(cursor));
        }
        assertThat(walked).isEqualTo(rows.stream().map(TableReaderTest::text).toList());
        for (boolean found = cursor.seekBefore(null); found; found = cursor.previous()) {
            assertThat(text(cursor)).isEqualTo(walked.removeLast());
        }
        assertThat(walked).isEmpty();
        for (int i = 0; i < count; i++) {
            assertThat(get(table, rows.get(i).key, Long.MAX_VALUE).value()).containsExactly(i);
            assertThat(get(table, key(2 * i + 1, keyBytes), Long.MAX_VALUE).isCold())
                    .isTrue();
        }
    }

    @Test
    void aCursorIsPlacedAtOrBeforeAnyKey() throws IOException {
        int count = 300;
        List<Row> rows = rows(count, 1000);
        IndexCursor cursor = table(rows).cursor();
        for (int number = 0; number < 2 * count; number++) {
            byte[] target = key(number, 1000);
            int ceiling = (number + 1) / 2;
            assertThat(cursor.seek(target)).isEqualTo(ceiling < count);
            if (ceiling < count) {
                assertThat(text(cursor)).isEqualTo(text(rows.get(ceiling)));
            }
            int below = (number - 1) / 2;
            assertThat(cursor.seekBefore(target)).isEqualTo(number > 0);
            if (number > 0) {
                assertThat(text(cursor)).isEqualTo(text(rows.get(below)));
            }
        }
    }

    @Test
    void aCursorTurnsRoundAtTheEdgesOfBlocks() throws IOException {
        List<Row> rows = rows(300, 1000);
        IndexCursor cursor = table(rows).cursor();
        for (int i = 1; i < 299; i++) {
            assertThat(cursor.seek(rows.get(i).key)).isTrue();
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.previous()).isTrue();
            assertThat(cursor.previous()).isTrue();
            assertThat(text(cursor)).isEqualTo(text(rows.get(i - 1)));
        }
    }

    @Test
    void aCursorGoesOverToAnotherTable() throws IOException {
        List<TableReader> tables = new ArrayList<>();
        List<List<Row>> contents = List.of(rows(30, 10), rows(200, 100), rows(310, 1000), rows(320, 1000));
        for (List<Row> rows : contents) {
            TableReader table = table(rows);
            assertThat(table.cursor().seek(null)).isTrue();
            tables.add(table);
            Files.delete(directory.resolve(NAME.toString())); // It stays open, and the next one has the same name.
        }
        Random random = new Random(5);
        IndexCursor cursor = tables.getFirst().cursor();
        for (int i = 0; i < 400; i++) {
            int which = random.nextInt(tables.size());
            List<Row> rows = contents.get(which);
            cursor = tables.get(which).cursor(cursor);
            assertThatThrownBy(cursor::keyBytes).isInstanceOf(IllegalStateException.class);
            int at = random.nextInt(rows.size());
            boolean ascending = random.nextBoolean();
            boolean found = ascending ? cursor.seek(rows.get(at).key) : cursor.seekBefore(rows.get(at).key);
            for (int n = ascending ? at : at - 1; found && n != at + 60 && n != at - 60; n += ascending ? 1 : -1) {
                assertThat(text(cursor)).isEqualTo(text(rows.get(n)));
                found = ascending ? cursor.next() : cursor.previous();
            }
        }
    }

    @Test
    void aCursorWithoutAnEntryIsOnlyPlaced() throws IOException {
        IndexCursor cursor = table(rows(3, 10)).cursor();
        assertThatThrownBy(cursor::next).isInstanceOf(IllegalStateException.class);
        assertThat(cursor.seek(key("z"))).isFalse();
        assertThatThrownBy(cursor::previous).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(cursor::keyBytes).isInstanceOf(IllegalStateException.class);
        assertThat(cursor.seek(null)).isTrue();
    }

    @Test
    void versionsOfAKeyMayFillManyBlocks() throws IOException {
        List<Row> rows = new ArrayList<>();
        rows.add(new Row(key("j"), inline(1, new byte[1])));
        for (int revision = 300; revision > 100; revision--) {
            rows.add(new Row(key("k"), revision % 3 == 0 ? tombstone(revision) : inline(revision, new byte[200])));
        }
        rows.add(new Row(key("l"), inline(2, new byte[1])));
        TableReader table = table(rows);
        table.verify();
        for (int revision = 101; revision <= 305; revision++) {
            IndexEntry entry = get(table, key("k"), revision);
            assertThat(entry.revision()).isEqualTo(Math.min(300, revision));
            assertThat(entry.isTombstone()).isEqualTo(entry.revision() % 3 == 0);
        }
        assertThat(get(table, key("k"), 100).isCold()).isTrue();
        assertThat(get(table, key("j"), 100).revision()).isEqualTo(1);
        assertThat(get(table, key("l"), 100).revision()).isEqualTo(2);
        assertThat(get(table, key("l"), 1).isCold()).isTrue();
        IndexCursor cursor = table.cursor();
        assertThat(cursor.seek(key("k"))).isTrue();
        assertThat(text(cursor)).isEqualTo("k@300");
        assertThat(cursor.seekBefore(key("l"))).isTrue();
        assertThat(text(cursor)).isEqualTo("k@101");
        assertThat(cursor.seekBefore(key("k"))).isTrue();
        assertThat(text(cursor)).isEqualTo("j@1");
    }

    @Test
    void entriesMayBeOfAnySize() throws IOException {
        byte[] longest = new byte[65_535];
        Arrays.fill(longest, (byte) 0xff);
        List<Row> rows = List.of(
                new Row(IndexKey.of(0, new byte[0]), inline(1, new byte[0])),
                new Row(key("k"), inline(2, new byte[300_000])),
                new Row(IndexKey.of(0, longest), inline(3, new byte[4096])),
                new Row(IndexKey.of(65_535, longest), inline(4, new byte[1])));
        TableReader table = table(rows);
        table.verify();
        for (Row row : rows) {
            assertThat(get(table, row.key, 9).value()).isEqualTo(row.entry.value());
        }
    }

    @Test
    void theIndexOfVeryLongKeysComesToAnEnd() throws IOException {
        List<Row> rows = rows(300, 20_000);
        TableReader table = table(rows);
        assertThat(levels(directory.resolve(NAME.toString()))).isEqualTo(3);
        table.verify();
        for (Row row : rows) {
            assertThat(get(table, row.key, Long.MAX_VALUE).revision()).isEqualTo(row.entry.revision());
        }
    }

    @Test
    void pointersFollowTheIdsOfSegmentsAndNotTheirNumbers() throws IOException {
        List<Row> rows = List.of(
                new Row(key("a"), new IndexEntry(EntryKind.POINTER, 1, LogPosition.of(1, 64), 10, 5, null)),
                new Row(key("b"), new IndexEntry(EntryKind.POINTER, 2, LogPosition.of(0, 99), 20, 6, null)));
        TableInfo info = write(TestSegments.missing(100, 200), rows);
        TableReader table = open(info, TestSegments.missing(300, 200));
        assertThat(get(table, key("a"), 9)).isEqualTo(rows.getFirst().entry);
        assertThat(LogPosition.segmentNumber(get(table, key("b"), 9).position()))
                .isEqualTo(TableReader.UNKNOWN_SEGMENT);
        assertThat(LogPosition.offset(get(table, key("b"), 9).position())).isEqualTo(99);
    }

    @Test
    void aReadThatMustNotWaitIsColdBeforeTheFirstUse() throws IOException {
        TableReader table = table(rows(3, 10));
        byte[] key = key(2, 10);
        long hash = BloomFilter.hash(key, key.length);
        assertThat(requireNonNull(table.get(key, hash, 9, true)).isCold()).isTrue();
        assertThat(table.get(key("above all"), 0, 9, true)).isNull();
        assertThat(requireNonNull(table.get(key, hash, 9, false)).revision()).isEqualTo(2);
        IndexEntry known = requireNonNull(table.get(key, hash, 9, true));
        assertThat(known.isCold() || known.revision() == 2).isTrue();
    }

    @Test
    void everyDamagedByteIsNoticed() throws IOException {
        TableInfo info = write(new SegmentSet(), rows(2, 5));
        Path file = directory.resolve(NAME.toString());
        byte[] valid = Files.readAllBytes(file);
        for (int at = 0; at < valid.length; at++) {
            byte[] damaged = valid.clone();
            damaged[at] ^= 0x20;
            Files.write(file, damaged);
            try (TableReader table = open(info, new SegmentSet())) {
                assertThatThrownBy(table::verify)
                        .as("byte %d", at)
                        .isInstanceOf(CorruptionException.class)
                        .hasMessageContaining(NAME.toString());
            }
        }
    }

    @Test
    void aFileThatIsMissingCutLongerOrOfAnotherStoreIsNamed() throws IOException {
        TableInfo info = write(new SegmentSet(), rows(3, 20));
        Path file = directory.resolve(NAME.toString());
        byte[] valid = Files.readAllBytes(file);
        for (int size : new int[] {0, 63, 64, valid.length - 1, valid.length + 1}) {
            Files.write(file, Arrays.copyOf(valid, size));
            assertThatThrownBy(open(info, new SegmentSet())::verify)
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining(NAME.toString());
        }
        Files.write(file, valid);
        TableReader stranger = new TableReader(
                DiskFileSystem.instance(),
                directory,
                new StoreId(1, 3),
                info,
                new SegmentSet(),
                new BlockCache(1 << 20));
        assertThatThrownBy(stranger::verify).hasMessageContaining("it belongs to store");
        Files.delete(file);
        assertThatThrownBy(open(info, new SegmentSet())::verify).hasMessageContaining("the file is missing");
    }
}
