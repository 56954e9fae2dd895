package dev.varve.storage.index;

import dev.varve.storage.format.BlockBuilder;
import dev.varve.storage.format.BlockHandle;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.format.TableFooter;
import dev.varve.storage.format.VarInt;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.SegmentSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Writes a sorted table: data blocks, the levels of the index from the lowest up to its root, the meta blocks, the footer.
 *
 * <p>The index is a static B-tree: an entry is the last key of a block and where that block stands. Not thread-safe.
 */
public final class TableWriter {

    /** A block fits a frame of the cache, unless one entry alone is larger. */
    private static final int BLOCK_BYTES = BlockCache.FRAME_BYTES;

    /** Every fourth key of a block is written out: a look-up compares few keys, and those lie near each other. */
    private static final int RESTART_INTERVAL = 4;

    /** However long the keys are, a level has at least so many times fewer blocks than the one below (rounded up). */
    private static final int MIN_INDEX_ENTRIES = 16;

    private static final int BUFFER_BYTES = 256 << 10;

    private final StoreFile file;
    private final long id;
    private final SegmentSet segments;
    private final BlockBuilder data = new BlockBuilder(RESTART_INTERVAL);
    private final List<IndexItem> blocks = new ArrayList<>();
    private final ByteBuffer handle = ByteBuffer.allocate(16);
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final Map<Integer, Referenced> dictionary = new LinkedHashMap<>();
    private ByteBuffer payload = ByteBuffer.allocate(4 << 10).order(ByteOrder.LITTLE_ENDIAN);
    private long offset;
    private long[] hashes = new long[1024];
    private int keys;
    private byte[] smallest = new byte[0];
    private byte[] largest = new byte[0];
    private long entries;
    private long tombstones;
    private long minRevision = Long.MAX_VALUE;
    private long maxRevision;
    private long lastRevision;

    /** A segment that the table points to. */
    private static final class Referenced {

        /** Where it stands in the dictionary, from 0 on. */
        private final int place;

        /** Of the frames that are pointed to. */
        private long bytes;

        Referenced(int place) {
            this.place = place;
        }
    }

    /** The last key of a block, and where it stands. */
    private record IndexItem(byte[] lastKey, BlockHandle block) {}

    /**
     * @param file a new file
     * @param id the table's id
     * @param segments the log that entries point to
     */
    public TableWriter(StoreFile file, StoreId storeId, long id, SegmentSet segments) throws IOException {
        this.file = file;
        this.id = id;
        this.segments = segments;
        write(new FileHeader(FileKind.TABLE, storeId, id).encode());
    }

    /**
     * Adds an entry.
     *
     * @param key index key, from index 0 to {@code keyLength}
     * @throws IllegalArgumentException if it does not come behind the last one in index order; then nothing was added
     */
    public void add(byte[] key, int keyLength, IndexEntry entry) throws IOException {
        int order = entries == 0 ? -1 : Arrays.compareUnsigned(largest, 0, largest.length, key, 0, keyLength);
        if (order > 0 || (order == 0 && entry.revision() >= lastRevision)) {
            throw new IllegalArgumentException("entry " + entries + " does not come behind the one before it");
        }
        int segment = 0;
        if (entry.kind() == EntryKind.POINTER) {
            Referenced referenced = dictionary.computeIfAbsent(
                    LogPosition.segmentNumber(entry.position()), n -> new Referenced(dictionary.size()));
            referenced.bytes += entry.frameBytes(keyLength - IndexKey.prefixLength(key));
            segment = referenced.place;
        }
        int needed = EntryCodec.MAX_FIXED_BYTES + (entry.value() == null ? 0 : entry.value().length);
        if (payload.capacity() < needed) {
            payload = ByteBuffer.allocate(needed).order(ByteOrder.LITTLE_ENDIAN);
        }
        EntryCodec.put(payload.clear(), entry, segment, LogPosition.offset(entry.position()));
        payload.flip();
        if (!data.hasRoom(keyLength, payload.remaining(), BLOCK_BYTES)) {
            finishData();
        }
        count(key, keyLength, order < 0, entry);
        data.add(key, keyLength, payload);
    }

    private void count(byte[] key, int keyLength, boolean newKey, IndexEntry entry) {
        if (newKey) {
            largest = Arrays.copyOf(key, keyLength);
            if (entries == 0) {
                smallest = largest;
            }
            if (keys == hashes.length) {
                hashes = Arrays.copyOf(hashes, 2 * keys);
            }
            hashes[keys++] = BloomFilter.hash(key, keyLength);
        }
        entries++;
        lastRevision = entry.revision();
        tombstones += entry.isTombstone() ? 1 : 0;
        minRevision = Math.min(minRevision, entry.revision());
        maxRevision = Math.max(maxRevision, entry.revision());
    }

    private void finishBlock(BlockBuilder builder, List<IndexItem> level) throws IOException {
        byte[] lastKey = builder.lastKey();
        level.add(new IndexItem(lastKey, writeBlock(builder)));
    }

    private void finishData() throws IOException {
        byte[] lastKey = data.lastKey();
        blocks.add(new IndexItem(lastKey, writeBlock(data.finishCompressed(id, offset))));
    }

    private BlockHandle writeBlock(BlockBuilder builder) throws IOException {
        return writeBlock(builder.finish(id, offset));
    }

    private BlockHandle writeBlock(ByteBuffer sealed) throws IOException {
        BlockHandle written = new BlockHandle(offset, sealed.remaining());
        write(sealed);
        return written;
    }

    private void write(ByteBuffer bytes) throws IOException {
        if (bytes.remaining() > buffer.remaining()) {
            drain();
        }
        int length = bytes.remaining();
        if (length > buffer.capacity()) {
            file.write(bytes, offset);
        } else {
            buffer.put(bytes);
        }
        offset += length;
    }

    private void drain() throws IOException {
        buffer.flip();
        file.write(buffer, offset - buffer.remaining());
        buffer.clear();
    }

    /** How large the file would be if it ended here, but for index and filter. */
    public long sizeBytes() {
        return offset + data.sizeBytes();
    }

    /** The first key behind the last entry that was added: where a table that ends with it cuts range tombstones. */
    public byte[] behindLast() {
        return Arrays.copyOf(largest, largest.length + 1);
    }

    /** True if the last entry that was added has this key. */
    public boolean endsWith(byte[] key, int keyLength) {
        return entries > 0 && Arrays.equals(largest, 0, largest.length, key, 0, keyLength);
    }

    /**
     * Writes what is left and syncs the file; its name must still be made durable.
     *
     * @return what the manifest keeps of the table
     * @throws IllegalStateException if there is no entry
     */
    public TableInfo finish() throws IOException {
        return finish(RangeTombstones.NONE);
    }

    /**
     * Writes range tombstones and what is left, and syncs the file; its name must still be made durable.
     *
     * @return what the manifest keeps of the table
     * @throws IllegalStateException if there is neither an entry nor a range tombstone
     */
    public TableInfo finish(RangeTombstones ranges) throws IOException {
        if (entries == 0 && ranges.isEmpty()) {
            throw new IllegalStateException("a table has at least one entry");
        }
        cover(ranges);
        if (data.entries() > 0) {
            finishData();
        }
        int levels = 1;
        List<IndexItem> level = blocks;
        BlockBuilder index = new BlockBuilder(RESTART_INTERVAL);
        while (true) {
            List<IndexItem> above = new ArrayList<>();
            for (IndexItem item : level) {
                item.block.put(handle.clear());
                handle.flip();
                if (index.entries() >= MIN_INDEX_ENTRIES
                        && !index.hasRoom(item.lastKey.length, handle.remaining(), BLOCK_BYTES)) {
                    finishBlock(index, above);
                }
                index.add(item.lastKey, item.lastKey.length, handle);
            }
            if (index.entries() > 0 || level.isEmpty()) {
                finishBlock(index, above);
            }
            if (above.size() == 1) {
                return finish(levels, above.getFirst().block, ranges);
            }
            level = above;
            levels++;
        }
    }

    /** Has the table's bounds reach over its range tombstones. */
    private void cover(RangeTombstones ranges) {
        List<RangeTombstones.Fragment> fragments = ranges.fragments();
        if (fragments.isEmpty()) {
            return;
        }
        byte[] start = fragments.getFirst().start();
        byte[] last = lastBelow(fragments.getLast().end());
        smallest = entries == 0 || Arrays.compareUnsigned(start, smallest) < 0 ? start : smallest;
        largest = Arrays.compareUnsigned(last, largest) > 0 ? last : largest;
        for (RangeTombstones.Fragment fragment : fragments) {
            maxRevision = Math.max(maxRevision, fragment.revisions()[0]);
            minRevision = Math.min(minRevision, fragment.revisions()[fragment.revisions().length - 1]);
        }
    }

    /** The last key below a bound if there is one, else the bound. */
    private static byte[] lastBelow(byte[] end) {
        return end[end.length - 1] == 0 ? Arrays.copyOf(end, end.length - 1) : end;
    }

    private TableInfo finish(int levels, BlockHandle root, RangeTombstones ranges) throws IOException {
        SortedMap<String, BlockHandle> meta = new TreeMap<>();
        if (!ranges.isEmpty()) {
            meta.put(TableFooter.RANGE_TOMBSTONES, writeBlock(RangeTombstoneBlock.encode(ranges)));
        }
        ByteBuffer filter = BloomFilter.build(hashes, keys);
        ByteBuffer sealed = ByteBuffer.allocate(filter.remaining() + BlockBuilder.TRAILER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(filter);
        meta.put(TableFooter.BLOOM_FILTER, writeBlock(BlockBuilder.seal(sealed, id, offset)));
        meta.put(TableFooter.PROPERTIES, writeProperties());
        BlockBuilder metaIndex = new BlockBuilder();
        meta.forEach((name, block) -> {
            block.put(handle.clear());
            byte[] key = name.getBytes(StandardCharsets.UTF_8);
            metaIndex.add(key, key.length, handle.flip());
        });
        BlockHandle metaHandle = writeBlock(metaIndex);
        long size = offset + TableFooter.BYTES;
        write(new TableFooter(metaHandle, levels, root, entries).encode(id, size));
        drain();
        file.sync();
        Map<Long, Long> segmentBytes = new HashMap<>();
        dictionary.forEach(
                (number, referenced) -> segmentBytes.put(segments.get(number).id(), referenced.bytes));
        return new TableInfo(
                id,
                size,
                entries,
                tombstones,
                ranges.count(),
                smallest,
                largest,
                minRevision,
                maxRevision,
                SegmentBytes.copyOf(segmentBytes));
    }

    private BlockHandle writeProperties() throws IOException {
        BlockBuilder properties = new BlockBuilder();
        add(properties, TableProperties.ENTRIES, number(entries));
        add(properties, TableProperties.LARGEST_KEY, ByteBuffer.wrap(largest));
        add(properties, TableProperties.SMALLEST_KEY, ByteBuffer.wrap(smallest));
        add(properties, TableProperties.MAX_REVISION, number(maxRevision));
        add(properties, TableProperties.MIN_REVISION, number(minRevision));
        ByteBuffer list = ByteBuffer.allocate(dictionary.size() * 16).order(ByteOrder.LITTLE_ENDIAN);
        dictionary.forEach(
                (number, referenced) -> list.putLong(segments.get(number).id()).putLong(referenced.bytes));
        add(properties, TableProperties.SEGMENTS, list.flip());
        add(properties, TableProperties.TOMBSTONES, number(tombstones));
        return writeBlock(properties);
    }

    private static void add(BlockBuilder properties, String name, ByteBuffer value) {
        byte[] key = name.getBytes(StandardCharsets.UTF_8);
        properties.add(key, key.length, value);
    }

    private static ByteBuffer number(long value) {
        ByteBuffer bytes = ByteBuffer.allocate(10);
        VarInt.put(bytes, value);
        return bytes.flip();
    }
}
