package dev.varve.storage.state;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.index.BlockCache;
import dev.varve.storage.index.BloomFilter;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.MergingCursor;
import dev.varve.storage.index.TableReader;
import dev.varve.storage.index.TableWriter;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.SegmentSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
                    writer.finish(),
                    new SegmentSet(),
                    new BlockCache(1 << 20));
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
        levels.addCursors(from, to, sources);
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

    @Test
    void tablesOutsideARangeAreNotOpened() throws IOException {
        List<IndexCursor> sources = new ArrayList<>();
        levels().addCursors(key("h"), null, sources);
        assertThat(sources).isEmpty();
    }

    @Test
    void olderVersionsAreLookedForInTheLevelsBelowOnly() throws IOException {
        Levels levels = levels();
        assertThat(levels.mayHoldBelow(0, key("b"), 2)).isTrue();
        assertThat(levels.mayHoldBelow(0, key("e"), 2)).isFalse();
        assertThat(levels.mayHoldBelow(1, key("b"), 2)).isFalse();
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
