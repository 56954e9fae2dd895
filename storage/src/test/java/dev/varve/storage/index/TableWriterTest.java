package dev.varve.storage.index;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.Frames;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.TestSegments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

class TableWriterTest {

    @TempDir
    Path directory;

    private StoreFile file;
    private TableWriter writer;

    @BeforeEach
    void create() throws IOException {
        file = DiskFileSystem.instance().create(directory.resolve("table"));
        writer = new TableWriter(file, new StoreId(1, 2), 7, TestSegments.missing(100, 200, 300));
    }

    @AfterEach
    void close() throws IOException {
        file.close();
    }

    private void add(String key, IndexEntry entry) throws IOException {
        byte[] indexKey = IndexKey.of(0, key.getBytes(US_ASCII));
        writer.add(indexKey, indexKey.length, entry);
    }

    private static IndexEntry tombstone(long revision) {
        return new IndexEntry(EntryKind.TOMBSTONE, revision, 0, 0, 0, null);
    }

    private static IndexEntry pointer(long revision, int segment, int valueLength) {
        return new IndexEntry(EntryKind.POINTER, revision, LogPosition.of(segment, 64), valueLength, 0, null);
    }

    @Test
    void itSaysWhatTheManifestKeepsOfTheTable() throws IOException {
        add("a", tombstone(9));
        add("a", new IndexEntry(EntryKind.INLINE, 4, LogPosition.of(1, 64), 3, 0, new byte[3]));
        add("bb", pointer(5, 2, 1000));
        add("bb", pointer(3, 0, 10));
        add("cc", pointer(7, 2, 500));
        assertThat(writer.endsWith(new byte[] {0, 'c', 'c'}, 3)).isTrue();
        assertThat(writer.endsWith(new byte[] {0, 'c', 'c'}, 2)).isFalse();
        TableInfo info = writer.finish();
        assertThat(info.id()).isEqualTo(7);
        assertThat(info.sizeBytes()).isEqualTo(file.size());
        assertThat(info.entries()).isEqualTo(5);
        assertThat(info.tombstones()).isEqualTo(1);
        assertThat(info.smallestKey()).isEqualTo(new byte[] {0, 'a'});
        assertThat(info.largestKey()).isEqualTo(new byte[] {0, 'c', 'c'});
        assertThat(info.minRevision()).isEqualTo(3);
        assertThat(info.maxRevision()).isEqualTo(9);
        // Frames of 14 bytes, the key and the value; an inline value does not count.
        assertThat(info.segmentBytes()).isEqualTo(Map.of(100L, 26L, 300L, 1532L));
    }

    @Test
    void aCompressedValueCountsAsLongAsItStands() throws IOException {
        add("a", pointer(4, 1, 1000).movedTo(LogPosition.of(1, 64), Frames.LZ4, 400));
        assertThat(writer.finish().segmentBytes()).isEqualTo(Map.of(200L, 419L));
    }

    @Test
    void entriesComeInIndexOrder() throws IOException {
        add("b", tombstone(5));
        for (Object[] wrong : new Object[][] {{"b", 5L}, {"b", 6L}, {"a", 1L}, {"", 9L}}) {
            assertThatThrownBy(() -> add((String) wrong[0], tombstone((long) wrong[1])))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("does not come behind");
        }
        add("b", tombstone(4));
        add("ba", tombstone(9));
        assertThat(writer.finish().entries()).isEqualTo(3);
    }

    @Test
    @Timeout(value = 10, threadMode = ThreadMode.SEPARATE_THREAD)
    void aTableHasAtLeastOneEntry() {
        assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
    }
}
