package dev.varve.cli.inspect;

import dev.varve.storage.format.BlockBuilder;
import dev.varve.storage.format.BlockCursor;
import dev.varve.storage.format.BlockHandle;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.TableFooter;
import dev.varve.storage.format.VarInt;
import dev.varve.storage.index.BloomFilter;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.RangeTombstoneBlock;
import dev.varve.storage.index.RangeTombstones;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Walks over a sorted table: see docs/formats/table.md. Verifies each block, and goes on behind one that is damaged. */
final class TableScan {

    private static final String SEGMENTS = "segments";

    /**
     * An entry.
     *
     * @param indexKey keyspace and key
     * @param kind see {@link EntryKind}
     * @param revision of the write that made it
     * @param segmentId where its value stands; 0 unless it is a pointer
     * @param offset where in that segment
     * @param valueLength length of the value
     * @param checksum plain checksum of its frame as it was logged
     * @param codec how the value is compressed where it stands
     * @param storedLength its length there
     */
    record Entry(
            byte[] indexKey,
            byte kind,
            long revision,
            long segmentId,
            long offset,
            int valueLength,
            int checksum,
            int codec,
            int storedLength) {

        /** An entry whose value does not stand elsewhere. */
        Entry(byte[] indexKey, byte kind, long revision, int valueLength, int checksum) {
            this(indexKey, kind, revision, 0, 0, valueLength, checksum, Frames.NO_CODEC, valueLength);
        }
    }

    /** Sees the entries in order. */
    interface Visitor {
        /** False ends the walk. */
        boolean entry(Entry entry) throws IOException;
    }

    private final StoreFile file;
    private final FileName name;
    private final Findings findings;
    private final TableFooter footer;
    private final Map<String, ByteBuffer> metaBlocks = new TreeMap<>();
    private final List<Long> segments = new ArrayList<>();
    private final RangeTombstones rangeTombstones;
    private final @Nullable BloomFilter filter;

    private byte @Nullable [] lastKey;
    private long lastRevision;
    private long entries;
    private boolean ended;
    /** Something was left out, so that counts do not match. */
    private boolean incomplete;

    /**
     * Reads footer and meta blocks. The file's header has been checked.
     *
     * @throws CorruptionException if they are damaged, so that nothing can be walked over
     */
    TableScan(StoreFile file, FileName name, Findings findings) throws IOException {
        this.file = file;
        this.name = name;
        this.findings = findings;
        long size = file.size();
        ByteBuffer bytes = ByteBuffer.allocate(TableFooter.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.read(bytes, Math.max(0, size - TableFooter.BYTES));
        this.footer = TableFooter.decode(bytes.flip(), name, size);
        readMeta();
        ByteBuffer ranges = metaBlocks.get(TableFooter.RANGE_TOMBSTONES);
        this.rangeTombstones = ranges == null
                ? RangeTombstones.NONE
                : RangeTombstoneBlock.decode(
                        new BlockCursor(ranges, name, footer.meta().offset()));
        ByteBuffer filterBlock = metaBlocks.get(TableFooter.BLOOM_FILTER);
        this.filter = filterBlock == null ? null : BloomFilter.read(filterBlock);
        if (filter == null) {
            findings.damage(name.toString(), footer.meta().offset(), "the filter is missing");
        }
    }

    private void readMeta() throws IOException {
        BlockCursor meta = cursor(footer.meta());
        for (boolean found = meta.first(); found; found = meta.next()) {
            String block = new String(meta.keyBytes(), 0, meta.keyLength(), StandardCharsets.UTF_8);
            metaBlocks.put(block, block(handle(meta)));
        }
        ByteBuffer properties = metaBlocks.get(TableFooter.PROPERTIES);
        if (properties == null) {
            throw new CorruptionException(name.toString(), footer.meta().offset(), "the properties are missing");
        }
        BlockCursor property = new BlockCursor(properties, name, footer.meta().offset());
        for (boolean found = property.first(); found; found = property.next()) {
            if (new String(property.keyBytes(), 0, property.keyLength(), StandardCharsets.UTF_8).equals(SEGMENTS)) {
                ByteBuffer list = property.payload();
                while (list.remaining() >= 2 * Long.BYTES) {
                    segments.add(list.getLong());
                    list.getLong();
                }
            }
        }
    }

    TableFooter footer() {
        return footer;
    }

    /** Its range tombstones. */
    RangeTombstones rangeTombstones() {
        return rangeTombstones;
    }

    /** Names of its meta blocks. */
    List<String> metaBlocks() {
        return List.copyOf(metaBlocks.keySet());
    }

    /** Ids of the segments that its entries point to. */
    List<Long> segments() {
        return segments;
    }

    /** Entries that were seen. */
    long entries() {
        return entries;
    }

    /** Walks over all entries; damage goes to the findings. */
    void walk(Visitor visitor) throws IOException {
        walk(footer.root(), footer.indexLevels(), null, visitor);
        if (!ended && !incomplete && entries != footer.entries()) {
            findings.damage(name.toString(), 0, "it has " + entries + " entries and should have " + footer.entries());
        }
    }

    private void walk(BlockHandle handle, int level, byte @Nullable [] upperBound, Visitor visitor) throws IOException {
        try {
            BlockCursor cursor = cursor(handle);
            for (boolean found = cursor.first(); found && !ended; found = cursor.next()) {
                byte[] key = Arrays.copyOf(cursor.keyBytes(), cursor.keyLength());
                if (level > 0) {
                    walk(handle(cursor), level - 1, key, visitor);
                } else {
                    Entry entry = entry(cursor, key);
                    check(entry, handle, upperBound);
                    ended = !visitor.entry(entry);
                }
            }
        } catch (CorruptionException e) {
            findings.damage(e);
            incomplete = true;
        }
    }

    private void check(Entry entry, BlockHandle block, byte @Nullable [] upperBound) throws CorruptionException {
        entries++;
        byte[] key = entry.indexKey();
        if (lastKey != null) {
            int order = Arrays.compareUnsigned(lastKey, key);
            if (order > 0 || (order == 0 && lastRevision <= entry.revision())) {
                throw new CorruptionException(name.toString(), block.offset(), "its entries are out of order");
            }
        }
        if (upperBound != null && Arrays.compareUnsigned(key, upperBound) > 0) {
            throw new CorruptionException(
                    name.toString(), block.offset(), "a block has a key above the one that the index gives it");
        }
        if (filter != null && !filter.mayContain(BloomFilter.hash(key, key.length))) {
            throw new CorruptionException(name.toString(), block.offset(), "the filter does not know one of its keys");
        }
        lastKey = key;
        lastRevision = entry.revision();
    }

    private Entry entry(BlockCursor cursor, byte[] key) throws CorruptionException {
        try {
            ByteBuffer payload = cursor.payload();
            byte kind = payload.get();
            int codec = payload.get();
            if (codec != Frames.NO_CODEC && (codec != Frames.LZ4 || kind != EntryKind.POINTER)) {
                throw cursor.damagedEntry("its flags are unknown");
            }
            long revision = VarInt.get(payload);
            return switch (kind) {
                case EntryKind.POINTER -> {
                    int segment = VarInt.getInt(payload, segments.size() - 1);
                    long offset = VarInt.get(payload);
                    int length = VarInt.getInt(payload, Integer.MAX_VALUE);
                    int checksum = payload.getInt();
                    int stored = codec == Frames.NO_CODEC ? length : VarInt.getInt(payload, length);
                    yield new Entry(
                            key, kind, revision, segments.get(segment), offset, length, checksum, codec, stored);
                }
                case EntryKind.INLINE -> {
                    int checksum = payload.getInt();
                    yield new Entry(key, kind, revision, payload.remaining(), checksum);
                }
                case EntryKind.TOMBSTONE -> new Entry(key, kind, revision, 0, 0);
                default -> throw cursor.damagedEntry("its kind " + kind + " is unknown");
            };
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            throw cursor.damagedEntry("it is not well formed: " + e.getMessage());
        }
    }

    private BlockCursor cursor(BlockHandle handle) throws IOException {
        return new BlockCursor(block(handle), name, handle.offset());
    }

    private ByteBuffer block(BlockHandle handle) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(handle.length()).order(ByteOrder.LITTLE_ENDIAN);
        file.read(bytes, handle.offset());
        return BlockBuilder.open(bytes.flip(), name, handle.offset());
    }

    private BlockHandle handle(BlockCursor index) throws IOException {
        try {
            BlockHandle handle = BlockHandle.get(index.payload());
            if (handle.fits(file.size())) {
                return handle;
            }
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            throw index.damagedEntry("it holds no block handle: " + e.getMessage());
        }
        throw index.damagedEntry("its block handle points outside the table");
    }
}
