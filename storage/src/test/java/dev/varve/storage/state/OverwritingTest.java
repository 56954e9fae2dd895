package dev.varve.storage.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.storage.compaction.Compaction;
import dev.varve.storage.compaction.Merged;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.index.BlockCache;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.Memtable;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableReader;
import dev.varve.storage.index.TableWriter;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.SegmentSet;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OverwritingTest {

    private static final StoreId STORE = new StoreId(1, 2);

    @TempDir
    Path directory;

    private final Overwriting overwriting = new Overwriting();

    private static byte[] key(int i) {
        return ByteBuffer.allocate(5).put((byte) 0).putInt(i).array();
    }

    private static Memtable memtable(int from, int to) {
        Memtable memtable = new Memtable(Arena.ofAuto().allocate(1 << 20, 8), new byte[0]);
        for (int i = from; i < to; i++) {
            memtable.add(key(i), 5, EntryKind.TOMBSTONE, i, 0, 0, 0, null, 0);
        }
        return memtable;
    }

    private TableReader table(long id, int from, int to) throws IOException {
        try (StoreFile file =
                DiskFileSystem.instance().create(directory.resolve(new FileName(FileKind.TABLE, id).toString()))) {
            TableWriter writer = new TableWriter(file, STORE, id, new SegmentSet());
            for (int i = from; i < to; i++) {
                writer.add(key(i), 5, new IndexEntry(EntryKind.TOMBSTONE, i, 0, 0, 0, null));
            }
            return new TableReader(
                    DiskFileSystem.instance(),
                    directory,
                    STORE,
                    writer.finish(),
                    new SegmentSet(),
                    new BlockCache(1 << 20, 1 << 20));
        }
    }

    @Test
    void aSampleOfTheKeysTellsWhatPartOfThemIsThereAlready() throws IOException {
        try (TableReader upper = table(1, 0, 1_000);
                TableReader lower = table(2, 1_000, 3_000)) {
            Levels levels = Levels.of(List.of(lower, upper), Map.of(2L, 3));
            assertThat(Overwriting.shareOf(memtable(0, 3_000), levels)).isEqualTo(1);
            assertThat(Overwriting.shareOf(memtable(3_000, 6_000), levels)).isZero();
            assertThat(Overwriting.shareOf(memtable(1_500, 4_500), levels)).isCloseTo(0.5, within(0.12));
            assertThat(Overwriting.shareOf(memtable(0, 0), levels)).isZero();
        }
    }

    @Test
    void aTableThatCannotBeReadSaysNothingAndHarmsNobody() throws IOException {
        try (TableReader missing = table(1, 0, 1_000);
                TableReader other = table(2, 500, 2_000)) {
            Files.delete(directory.resolve(missing.name().toString()));
            Levels levels = Levels.of(List.of(missing, other), Map.of());
            assertThat(Overwriting.shareOf(memtable(0, 3_000), levels))
                    .as("of what is not in the range of the missing one half is there")
                    .isCloseTo(0.6, within(0.12));
        }
    }

    private static TableInfo info(long id, long entries) {
        return new TableInfo(id, entries, entries, 0, key(0), key(1), 1, 2, new TreeMap<>());
    }

    private static Merged merged(TableInfo... tables) {
        return new Merged(List.of(tables), List.of(), 0, Map.of());
    }

    @Test
    void aMergeLeavesWhatStillTakesThePlaceOfSomethingBelow() {
        TableInfo upper = info(1, 100);
        TableInfo lower = info(2, 300);
        overwriting.flushed(lower, 0.5);
        overwriting.flushed(upper, 0.8);
        TableInfo result = info(3, 350);
        overwriting.merged(new Compaction(1, List.of(upper), List.of(lower)), merged(result));
        assertThat(overwriting.share(result)).as("(80 + 150 - 50) / 350").isCloseTo(180 / 350.0, within(1e-9));
    }

    @Test
    void whatIsHiddenFromAboveGoesWithoutATrace() {
        TableInfo table = info(1, 100);
        overwriting.flushed(table, 0.5);
        TableInfo result = info(2, 40);
        overwriting.merged(new Compaction(1, List.of(table), List.of(), 1), merged(result));
        assertThat(overwriting.share(result)).isEqualTo(0.5);
    }

    @Test
    void aTableOfAnEarlierProcessIsTakenToBeAsTheNewest() {
        assertThat(overwriting.share(info(1, 100))).isZero();
        overwriting.flushed(info(2, 100), 0.7);
        assertThat(overwriting.share(info(1, 100))).isEqualTo(0.7);
    }
}
