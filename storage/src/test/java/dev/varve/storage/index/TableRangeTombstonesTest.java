package dev.varve.storage.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.SegmentSet;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableRangeTombstonesTest {

    private static final StoreId STORE = new StoreId(1, 2);

    @TempDir
    Path directory;

    private static byte[] key(int i) {
        return new byte[] {0, (byte) i};
    }

    /** A table with tombstones of some keys, all of revision 5, and range tombstones. */
    private TableInfo write(RangeTombstones ranges, int... keys) throws IOException {
        try (StoreFile file =
                DiskFileSystem.instance().create(directory.resolve(new FileName(FileKind.TABLE, 7).toString()))) {
            TableWriter writer = new TableWriter(file, STORE, 7, new SegmentSet());
            for (int key : keys) {
                writer.add(key(key), 2, new IndexEntry(EntryKind.TOMBSTONE, 5, 0, 0, 0, null));
            }
            return writer.finish(ranges);
        }
    }

    private TableReader reader(TableInfo info) {
        return new TableReader(
                DiskFileSystem.instance(), directory, STORE, info, new SegmentSet(), new BlockCache(1 << 20));
    }

    private static RangeTombstones ranges() {
        return RangeTombstones.NONE.with(key(2), key(6), 9).with(key(4), key(8), 3);
    }

    @Test
    void aTableKeepsItsRangeTombstones() throws IOException {
        TableInfo info = write(ranges(), 3, 5);
        assertThat(info.rangeTombstones()).isEqualTo(4);
        try (TableReader table = reader(info)) {
            assertThat(table.residentRangeTombstones())
                    .as("before the first use")
                    .isNull();
            assertThat(table.rangeTombstones().toString()).isEqualTo(ranges().toString());
            assertThat(table.residentRangeTombstones()).isSameAs(table.rangeTombstones());
            table.verify();
        }
    }

    @Test
    void itsBoundsReachOverWhatWasRemoved() throws IOException {
        TableInfo info = write(ranges(), 3);
        assertThat(info.smallestKey()).isEqualTo(key(2));
        assertThat(info.largestKey()).as("no key is the last one below an end").isEqualTo(key(8));
        assertThat(info.minRevision()).isEqualTo(3);
        assertThat(info.maxRevision()).isEqualTo(9);
        assertThat(info.entries()).isEqualTo(1);
    }

    @Test
    void anEndBehindAKeyLeavesThatKeyTheLargest() throws IOException {
        byte[] behind = {0, 5, 0};
        assertThat(write(RangeTombstones.NONE.with(key(2), behind, 9), 3).largestKey())
                .isEqualTo(key(5));
    }

    @Test
    void aTableOfRangeTombstonesAloneHasNoEntry() throws IOException {
        TableInfo info = write(ranges());
        assertThat(info.entries()).isZero();
        assertThat(info.minRevision()).isEqualTo(3);
        try (TableReader table = reader(info)) {
            assertThat(table.get(key(4), BloomFilter.hash(key(4), 2), 99, false))
                    .isNull();
            IndexCursor cursor = table.cursor();
            assertThat(cursor.seek(null)).isFalse();
            assertThat(cursor.seek(key(3))).isFalse();
            assertThat(cursor.seekBefore(null)).isFalse();
            assertThat(cursor.seekBefore(key(3))).isFalse();
            table.verify();
            assertThat(table.rangeTombstones().count()).isEqualTo(4);
        }
    }

    @Test
    void aTableThatHasLostItsRangeTombstonesIsDamaged() throws IOException {
        TableInfo info = write(RangeTombstones.NONE, 3);
        TableInfo promised =
                new TableInfo(info.id(), info.sizeBytes(), 1, 1, 2, key(1), key(9), 3, 9, SegmentBytes.NONE);
        try (TableReader table = reader(promised)) {
            assertThatThrownBy(table::rangeTombstones)
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining("it has 0 range tombstones and should have 2");
            assertThatThrownBy(() -> table.get(key(3), BloomFilter.hash(key(3), 2), 99, false))
                    .isInstanceOf(CorruptionException.class);
        }
    }
}
