package dev.varve.storage.state;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.index.BlockCache;
import dev.varve.storage.index.BloomFilter;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.LevelCursor;
import dev.varve.storage.index.Memtable;
import dev.varve.storage.index.MergingCursor;
import dev.varve.storage.index.RangeTombstones;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableReader;
import dev.varve.storage.index.TableWriter;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.SegmentSet;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real tables: b, d and f at level 1 with revisions 1 to 3, which stay apart; two in level 0 over them. */
class LevelsTest {

    private static final StoreId STORE = new StoreId(1, 2);

    @TempDir
    Path directory;

    private final List<TableReader> tables = new ArrayList<>();

    @AfterEach
    void close() throws IOException {
        for (TableReader table : tables) {
            table.close();
        }
    }

    private static byte[] key(String text) {
        return ("\0" + text).getBytes(US_ASCII);
    }

    /** A table of tombstones, each a letter and its revision. */
    private TableReader table(String... entries) throws IOException {
        return table(RangeTombstones.NONE, entries);
    }

    private TableReader table(RangeTombstones ranges, String... entries) throws IOException {
        long id = tables.size() + 1L;
        Path path = directory.resolve(new FileName(FileKind.TABLE, id).toString());
        try (StoreFile file = DiskFileSystem.instance().create(path)) {
            TableWriter writer = new TableWriter(file, STORE, id, new SegmentSet());
            for (String entry : entries) {
                byte[] key = key(entry.substring(0, 1));
                long revision = Long.parseLong(entry.substring(1));
                writer.add(key, key.length, new IndexEntry(EntryKind.TOMBSTONE, revision, 0, 0, 0, null));
            }
            TableReader reader = new TableReader(
                    DiskFileSystem.instance(),
                    directory,
                    STORE,
                    writer.finish(ranges),
                    new SegmentSet(),
                    new BlockCache(1 << 20, 1 << 20));
            tables.add(reader);
            return reader;
        }
    }

    private Levels levels() throws IOException {
        TableReader last = table("f3", "g3");
        TableReader first = table("b1", "c1");
        TableReader middle = table("d2");
        TableReader older = table("c4", "f5");
        TableReader newer = table("a8", "f7");
        return Levels.of(
                List.of(last, first, middle, older, newer),
                Map.of(last.info().id(), 1, first.info().id(), 1, middle.info().id(), 1));
    }

    private static long revision(Levels levels, String key, long maxRevision) throws IOException {
        byte[] indexKey = key(key);
        IndexEntry entry = levels.get(indexKey, BloomFilter.hash(indexKey, indexKey.length), maxRevision, false);
        return entry == null ? 0 : entry.revision();
    }

    private static String walk(Levels levels, @Nullable String start, @Nullable String end, boolean ascending)
            throws IOException {
        List<IndexCursor> sources = new ArrayList<>();
        byte[] from = start == null ? null : key(start);
        byte[] to = end == null ? null : key(end);
        for (LevelCursor run : levels.cursors(TableReader::cursor)) {
            run.within(from, to);
            sources.add(run);
        }
        StringBuilder walked = new StringBuilder();
        MergingCursor cursor = new MergingCursor(sources);
        boolean found = ascending ? cursor.seek(from) : cursor.seekBefore(to);
        while (found) {
            walked.append((char) cursor.keyBytes()[1]).append(cursor.revision()).append(' ');
            found = ascending ? cursor.next() : cursor.previous();
        }
        return walked.toString();
    }

    @Test
    void levelZeroIsNewestFirstAndTheOthersAreByKey() throws IOException {
        Levels levels = levels();
        assertThat(levels.infos().get(0)).extracting(info -> info.id()).containsExactly(5L, 4L);
        assertThat(levels.infos().get(1)).extracting(info -> info.id()).containsExactly(2L, 3L, 1L);
        assertThat(levels.young()).isEqualTo(2);
        assertThat(levels.all()).hasSize(5);
    }

    @Test
    void theNewestVersionThatMayBeSeenIsFound() throws IOException {
        Levels levels = levels();
        assertThat(revision(levels, "f", Long.MAX_VALUE)).isEqualTo(7);
        assertThat(revision(levels, "f", 6)).isEqualTo(5);
        assertThat(revision(levels, "f", 4)).isEqualTo(3);
        assertThat(revision(levels, "f", 2)).isZero();
        assertThat(revision(levels, "b", Long.MAX_VALUE)).isEqualTo(1);
        assertThat(revision(levels, "d", Long.MAX_VALUE)).isEqualTo(2);
        assertThat(revision(levels, "e", Long.MAX_VALUE)).isZero();
        assertThat(revision(levels, "z", Long.MAX_VALUE)).isZero();
    }

    @Test
    void aWalkCrossesTheTablesOfALevelInBothDirections() throws IOException {
        Levels levels = levels();
        assertThat(walk(levels, null, null, true)).isEqualTo("a8 b1 c4 c1 d2 f7 f5 f3 g3 ");
        assertThat(walk(levels, null, null, false)).isEqualTo("g3 f3 f5 f7 d2 c1 c4 b1 a8 ");
        assertThat(walk(levels, "d", "f", true)).startsWith("d2 f7");
        assertThat(walk(levels, "e", null, true)).isEqualTo("f7 f5 f3 g3 ");
        assertThat(walk(levels, null, "d", false)).isEqualTo("c1 c4 b1 a8 ");
    }

    /** The tables that a walk over a range opens, by id, each cursor in its turn. */
    private static List<Long> opened(Levels levels, @Nullable String start, @Nullable String end, boolean ascending)
            throws IOException {
        List<Long> opened = new ArrayList<>();
        byte[] from = start == null ? null : key(start);
        byte[] to = end == null ? null : key(end);
        for (LevelCursor run : levels.cursors(table -> {
            opened.add(table.info().id());
            return table.cursor();
        })) {
            run.within(from, to);
            boolean found = ascending ? run.seek(from) : run.seekBefore(to);
            while (found) {
                found = ascending ? run.next() : run.previous();
            }
        }
        return opened;
    }

    @Test
    void oneCursorWalksOneRangeAfterTheOther() throws IOException {
        Levels levels = levels();
        VersionCursor cursor = new VersionCursor(new Version(memtable(), List.of(), levels), VersionCursor.REUSING);
        Random random = new Random(7);
        for (int i = 0; i < 500; i++) {
            String start = random.nextInt(4) == 0 ? null : String.valueOf((char) ('a' + random.nextInt(9)));
            String end = random.nextInt(4) == 0 ? null : String.valueOf((char) ('a' + random.nextInt(9)));
            byte[] from = start == null ? null : key(start);
            byte[] to = end == null ? null : key(end);
            boolean ascending = random.nextBoolean();
            int most = random.nextInt(12);
            StringBuilder walked = new StringBuilder();
            boolean found = cursor.seek(from, to, ascending);
            IndexCursor entries = cursor.entries();
            for (int n = 0; found && n < most; n++) {
                walked.append((char) entries.keyBytes()[1])
                        .append(entries.revision())
                        .append(' ');
                found = ascending ? entries.next() : entries.previous();
            }
            String all = walk(levels, start, end, ascending);
            assertThat(walked).hasToString(all.substring(0, Math.min(3 * most, all.length())));
        }
    }

    private static Memtable memtable() {
        return new Memtable(Arena.ofAuto().allocate(1 << 20, 8), new byte[0]);
    }

    @Test
    void tablesOutsideARangeAreNotOpened() throws IOException {
        Levels levels = levels();
        assertThat(opened(levels, "h", null, true)).isEmpty();
        assertThat(opened(levels, "h", null, false)).isEmpty();
        assertThat(opened(levels, null, "a", true)).isEmpty();
        assertThat(opened(levels, null, "a", false)).isEmpty();
        assertThat(opened(levels, "d", "e", true)).containsExactly(5L, 4L, 3L);
        assertThat(opened(levels, "d", "e", false)).containsExactly(5L, 4L, 3L);
        assertThat(opened(levels, "c", "e", true)).containsExactly(5L, 4L, 2L, 3L);
        assertThat(opened(levels, "c", "e", false)).containsExactly(5L, 4L, 3L, 2L);
    }

    @Test
    void olderVersionsAreLookedForInTheLevelsBelowOnly() throws IOException {
        Levels levels = levels();
        assertThat(levels.below(0).mayHold(key("b"), 2)).isTrue();
        assertThat(levels.below(0).mayHold(key("e"), 2)).isFalse();
        assertThat(levels.below(1).mayHold(key("b"), 2)).isFalse();
        assertThat(levels.below(0).mayHoldWithin(key("c"), key("d"))).isTrue();
        assertThat(levels.below(0).mayHoldWithin(key("ca"), key("d"))).isFalse();
        assertThat(levels.below(1).mayHoldWithin(key("a"), key("z"))).isFalse();
    }

    @Test
    void aKeyAtWhichARangeTombstoneOfTheTableBeforeEndsIsFound() throws IOException {
        TableReader before = table(RangeTombstones.NONE.with(key("b"), key("d"), 4), "b5");
        Levels levels = Levels.of(
                List.of(before, table("d2")),
                Map.of(before.info().id(), 1, before.info().id() + 1, 1));
        assertThat(levels.infos().get(1)).extracting(info -> info.id()).containsExactly(1L, 2L);
        assertThat(before.info().largestKey()).isEqualTo(key("d"));
        assertThat(revision(levels, "d", 9)).isEqualTo(2);
        assertThat(walk(levels, null, null, true)).isEqualTo("b5 d2 ");
        assertThat(walk(levels, "c", null, true)).isEqualTo("d2 ");
        assertThat(walk(levels, null, "d", false)).isEqualTo("b5 ");
        assertThat(walk(levels, null, null, false)).isEqualTo("d2 b5 ");
    }

    @Test
    void theRangeTombstonesOfATableAreThoseOfItsKeys() throws IOException {
        TableReader low = table(RangeTombstones.NONE.with(key("b"), key("d"), 4), "b5");
        TableReader high = table(RangeTombstones.NONE.with(key("f"), key("h"), 3));
        TableReader middle = table("e1");
        TableReader young = table(RangeTombstones.NONE.with(key("c"), key("g"), 7));
        Levels levels = Levels.of(
                List.of(low, high, middle, young),
                Map.of(low.info().id(), 1, high.info().id(), 1, middle.info().id(), 1));
        RangeCover ranges =
                new RangeCover(new Memtable(Arena.ofAuto().allocate(4 << 10, 8), new byte[0]), List.of(), levels);
        assertThat(ranges.isEmpty()).isFalse();
        RangeCover.Walk walk = ranges.walk(Long.MAX_VALUE);
        String[] expected = {"a0", "b4", "c7", "d7", "e7", "f7", "g3", "h0", "z0"};
        for (String keyAndRevision : expected) {
            byte[] key = key(keyAndRevision.substring(0, 1));
            long revision = Long.parseLong(keyAndRevision.substring(1));
            assertThat(ranges.covering(key, Long.MAX_VALUE, false))
                    .as(keyAndRevision)
                    .isEqualTo(revision);
            assertThat(walk.covering(key, 2)).as(keyAndRevision).isEqualTo(revision);
            assertThat(ranges.walk(Long.MAX_VALUE).covering(key, 2)).isEqualTo(revision);
        }
        assertThat(ranges.covering(key("c"), 6, false)).isEqualTo(4);
        assertThat(ranges.covering(key("e"), 6, true)).isZero();
    }

    @Test
    void rangeTombstonesThatAreNotInMemoryAreCold() throws IOException {
        Levels levels = Levels.of(List.of(table(RangeTombstones.NONE.with(key("b"), key("d"), 4))), Map.of());
        RangeCover ranges =
                new RangeCover(new Memtable(Arena.ofAuto().allocate(4 << 10, 8), new byte[0]), List.of(), levels);
        assertThat(ranges.covering(key("c"), 9, true)).isEqualTo(RangeCover.COLD);
        assertThat(ranges.covering(key("x"), 9, true)).isZero();
        assertThat(ranges.covering(key("c"), 9, false)).isEqualTo(4);
        assertThat(ranges.covering(key("c"), 9, true)).isEqualTo(4);
    }

    @Test
    void aWalkSeeksPastWhatIsHiddenAsAWhole() throws IOException {
        TableReader table = table("a3", "b1", "c2", "d3", "e1", "f2");
        TableReader above =
                table(RangeTombstones.NONE.with(key("b"), key("e"), 4).with(key("f"), key("z"), 9));
        RangeCover ranges = new RangeCover(
                new Memtable(Arena.ofAuto().allocate(4 << 10, 8), new byte[0]), List.of(), levels(above));
        assertThat(walk(new UncoveredCursor(table, ranges.walk(9)))).isEqualTo("a3 e1 | e1 a3 ");
        assertThat(walk(new UncoveredCursor(table, ranges.walk(8)))).isEqualTo("a3 e1 f2 | f2 e1 a3 ");
        assertThat(walk(new UncoveredCursor(table, ranges.walk(3))))
                .isEqualTo("a3 b1 c2 d3 e1 f2 | f2 e1 d3 c2 b1 a3 ");
        UncoveredCursor cursor = new UncoveredCursor(table, ranges.walk(9));
        assertThat(cursor.seek(key("c"))).isTrue();
        assertThat(cursor.revision()).isEqualTo(1);
        assertThat(cursor.seekBefore(key("d"))).isTrue();
        assertThat(cursor.keyBytes()).startsWith(0, 'a');
    }

    @Test
    void aTableThatIsHiddenAsAWholeIsNotOpened() throws IOException {
        RangeCover ranges = new RangeCover(
                new Memtable(Arena.ofAuto().allocate(4 << 10, 8), new byte[0]),
                List.of(),
                levels(table(RangeTombstones.NONE.with(key("a"), key("z"), 9))));
        TableReader missing = new TableReader(
                DiskFileSystem.instance(),
                directory,
                STORE,
                new TableInfo(99, 500, 3, 3, key("b"), key("h"), 1, 7, new TreeMap<>()),
                new SegmentSet(),
                new BlockCache(1 << 20, 1 << 20));
        assertThat(walk(new UncoveredCursor(missing, ranges.walk(9)))).isEqualTo("| ");
        assertThatThrownBy(() -> walk(new UncoveredCursor(missing, ranges.walk(8))))
                .isInstanceOf(CorruptionException.class);
    }

    private static Levels levels(TableReader table) {
        return Levels.of(List.of(table), Map.of());
    }

    private static String walk(IndexCursor cursor) throws IOException {
        StringBuilder walked = new StringBuilder();
        for (boolean found = cursor.seek(null); found; found = cursor.next()) {
            walked.append((char) cursor.keyBytes()[1]).append(cursor.revision()).append(' ');
        }
        walked.append("| ");
        for (boolean found = cursor.seekBefore(null); found; found = cursor.previous()) {
            walked.append((char) cursor.keyBytes()[1]).append(cursor.revision()).append(' ');
        }
        return walked.toString();
    }

    @Test
    void mergedTablesTakeTheirPlaceByKey() throws IOException {
        Levels levels = levels();
        TableReader merged = table("e9");
        Set<TableReader> young = Set.copyOf(levels.levels().getFirst());
        Levels changed = levels.with(young, List.of(merged), 1);
        assertThat(changed.young()).isZero();
        assertThat(changed.infos().get(1)).extracting(info -> info.id()).containsExactly(2L, 3L, 6L, 1L);
        assertThat(changed.withNewest(merged).young()).isEqualTo(1);
    }
}
