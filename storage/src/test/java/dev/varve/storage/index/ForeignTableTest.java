package dev.varve.storage.index;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.BlockBuilder;
import dev.varve.storage.format.BlockHandle;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.format.TableFooter;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.log.SegmentSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables that {@link TableWriter} would not write, with checksums that are right, in front of {@link TableReader}. */
class ForeignTableTest {

    private static final StoreId STORE = new StoreId(1, 2);
    private static final FileName NAME = new FileName(FileKind.TABLE, 7);
    private static final byte[] NO_SEGMENTS = new byte[0];

    @TempDir
    Path directory;

    private final ByteBuffer file = ByteBuffer.allocate(64 << 10).order(ByteOrder.LITTLE_ENDIAN);
    private final BlockBuilder data = new BlockBuilder();
    private final BlockBuilder properties = new BlockBuilder();
    private final SortedMap<String, BlockHandle> meta = new TreeMap<>();
    private ByteBuffer filter = BloomFilter.build(new long[0], 0);

    @BeforeEach
    void begin() {
        file.put(new FileHeader(FileKind.TABLE, STORE, NAME.id()).encode());
        add(properties, TableProperties.SEGMENTS, NO_SEGMENTS);
    }

    private static void add(BlockBuilder block, String key, byte[] payload) {
        byte[] bytes = key.getBytes(US_ASCII);
        block.add(bytes, bytes.length, ByteBuffer.wrap(payload));
    }

    private void addTombstone(String key, int revision) {
        add(data, key, new byte[] {EntryKind.TOMBSTONE, 0, (byte) revision});
    }

    private BlockHandle put(ByteBuffer sealed) {
        BlockHandle handle = new BlockHandle(file.position(), sealed.remaining());
        file.put(sealed);
        return handle;
    }

    private BlockHandle put(BlockBuilder block) {
        return put(block.finish(NAME.id(), file.position()));
    }

    private static byte[] bytes(BlockHandle handle) {
        ByteBuffer bytes = ByteBuffer.allocate(16);
        handle.put(bytes);
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    private TableReader table(long entries) throws IOException {
        byte[] lastKey = data.lastKey();
        BlockBuilder index = new BlockBuilder();
        index.add(lastKey, lastKey.length, ByteBuffer.wrap(bytes(put(data))));
        BlockHandle root = put(index);
        ByteBuffer sealed = ByteBuffer.allocate(filter.remaining() + BlockBuilder.TRAILER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(filter);
        meta.putIfAbsent(TableFooter.BLOOM_FILTER, put(BlockBuilder.seal(sealed, NAME.id(), file.position())));
        meta.putIfAbsent(TableFooter.PROPERTIES, put(properties));
        BlockBuilder metaIndex = new BlockBuilder();
        meta.forEach((name, handle) -> add(metaIndex, name, bytes(handle)));
        BlockHandle metaHandle = put(metaIndex);
        int size = file.position() + TableFooter.BYTES;
        file.put(new TableFooter(metaHandle, 1, root, entries).encode(NAME.id(), size));
        Files.write(directory.resolve(NAME.toString()), Arrays.copyOf(file.array(), size));
        TableInfo info = new TableInfo(
                NAME.id(), size, entries, 0, new byte[0], new byte[] {(byte) 0xff}, 0, 0, new TreeMap<>(Map.of()));
        return new TableReader(
                DiskFileSystem.instance(), directory, STORE, info, new SegmentSet(), new BlockCache(1 << 20));
    }

    private void assertDamaged(long entries, String reason) throws IOException {
        try (TableReader table = table(entries)) {
            assertThatThrownBy(table::verify)
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining(NAME.toString())
                    .hasMessageContaining(reason);
        }
    }

    @Test
    void aMetaBlockThatIsNotKnownIsIgnored() throws IOException {
        addTombstone("k", 1);
        meta.put("another", new BlockHandle(1 << 30, 1));
        try (TableReader table = table(1)) {
            table.verify();
        }
    }

    @Test
    void aCriticalMetaBlockThatIsNotKnownNeedsANewerVersion() throws IOException {
        addTombstone("k", 1);
        meta.put("!another", new BlockHandle(64, 10));
        try (TableReader table = table(1)) {
            assertThatThrownBy(table::verify)
                    .isInstanceOf(UnsupportedVersionException.class)
                    .hasMessageContaining("it has a meta block named !another");
        }
    }

    @Test
    void aFilterOfAnImpossibleLengthIsDamage() throws IOException {
        addTombstone("k", 1);
        filter = ByteBuffer.allocate(10);
        assertDamaged(1, "a Bloom filter of 10 bytes");
    }

    @Test
    void aMetaBlockOutsideTheTableIsDamage() throws IOException {
        addTombstone("k", 1);
        meta.put(TableFooter.PROPERTIES, new BlockHandle(1 << 30, 100));
        assertDamaged(1, "a block handle points outside the table");
    }

    @Test
    void entriesOutOfOrderAreDamage() throws IOException {
        addTombstone("b", 1);
        addTombstone("a", 1);
        assertDamaged(2, "entry 1 is out of order");
    }

    @Test
    void versionsOutOfOrderAreDamage() throws IOException {
        addTombstone("a", 1);
        addTombstone("a", 2);
        assertDamaged(2, "entry 1 is out of order");
    }

    @Test
    void entriesThatAreMissingAreDamage() throws IOException {
        addTombstone("a", 1);
        assertDamaged(2, "it has 1 entries and should have 2");
    }

    @Test
    void anEntryThatCannotBeReadIsDamage() throws IOException {
        add(data, "a", new byte[] {9, 0, 1});
        assertDamaged(1, "unknown kind 9");
    }

    @Test
    void aTableWithoutItsDictionaryIsDamage() throws IOException {
        addTombstone("a", 1);
        properties.finish(NAME.id(), 0);
        add(properties, TableProperties.ENTRIES, new byte[] {1});
        assertDamaged(1, "the dictionary of segments is missing");
    }

    @Test
    void aDictionaryOfHalfAnEntryIsDamage() throws IOException {
        addTombstone("a", 1);
        properties.finish(NAME.id(), 0);
        add(properties, TableProperties.SEGMENTS, new byte[17]);
        assertDamaged(1, "the dictionary of segments has 17 bytes");
    }
}
