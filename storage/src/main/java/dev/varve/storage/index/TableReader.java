package dev.varve.storage.index;

import dev.varve.storage.format.BlockCursor;
import dev.varve.storage.format.BlockHandle;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.format.TableFooter;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.SegmentSet;
import java.io.Closeable;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a sorted table. Nothing is read before the first use; from then on the filter stays in memory (1.25 bytes a key), as long
 * as all filters fit what the cache leaves to them; without it a key that is not there costs a look at a block. The
 * blocks of the index and of data that were met stay in the cache as long as others are not met more often. Thread-safe.
 */
public final class TableReader implements Closeable {

    /** The number of a segment that the log does not have; reading a value there is an error. */
    static final int UNKNOWN_SEGMENT = Integer.MAX_VALUE;

    /** A verification tells of so many entries at once. */
    private static final int VERIFY_STEP = 4096;

    /** Segment id and referenced bytes. */
    private static final int DICTIONARY_ENTRY_BYTES = 16;

    private final FileSystem files;
    private final Path path;
    private final FileName name;
    private final StoreId storeId;
    private final SegmentSet segments;
    private final TableInfo info;
    private final BlockCache cache;
    private volatile @Nullable OpenTable loaded;

    /** What was taken for the filter; guarded by this. */
    private int filterBytes;

    /**
     * @param directory where the table is
     * @param info what the manifest says of it
     * @param segments the log that its entries point to
     * @param cache where its blocks are kept
     */
    public TableReader(
            FileSystem files, Path directory, StoreId storeId, TableInfo info, SegmentSet segments, BlockCache cache) {
        this.files = files;
        this.name = new FileName(FileKind.TABLE, info.id());
        this.path = directory.resolve(name.toString());
        this.storeId = storeId;
        this.segments = segments;
        this.info = info;
        this.cache = cache;
    }

    /** What the manifest says of the table. */
    public TableInfo info() {
        return info;
    }

    /** The name of its file. */
    public FileName name() {
        return name;
    }

    private OpenTable load() throws IOException {
        OpenTable done = loaded;
        if (done != null) {
            return done;
        }
        synchronized (this) {
            done = loaded;
            if (done == null) {
                done = read();
                loaded = done;
            }
            return done;
        }
    }

    private OpenTable read() throws IOException {
        StoreFile file;
        try {
            file = files.openForRead(path);
        } catch (NoSuchFileException e) {
            throw new CorruptionException(name.toString(), 0, "the file is missing");
        }
        try {
            ByteBuffer header = ByteBuffer.allocate(FileHeader.BYTES);
            file.read(header, 0);
            FileHeader.check(header.flip(), name, storeId);
            long size = file.size();
            if (size != info.sizeBytes()) {
                throw new CorruptionException(
                        name.toString(), size, "the file should have " + info.sizeBytes() + " bytes");
            }
            ByteBuffer footerBytes = ByteBuffer.allocate(TableFooter.BYTES);
            file.read(footerBytes, size - TableFooter.BYTES);
            TableFooter footer = TableFooter.decode(footerBytes.flip(), name, size);
            file.expectFrequentReads();
            return readMeta(new BlockFile(file, name, size, cache), footer);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private OpenTable readMeta(BlockFile file, TableFooter footer) throws IOException {
        BlockHandle filter = null;
        int[] numbers = null;
        RangeTombstones ranges = RangeTombstones.NONE;
        BlockCursor meta =
                new BlockCursor(file.read(footer.meta()), name, footer.meta().offset());
        for (boolean found = meta.first(); found; found = meta.next()) {
            String block = new String(meta.keyBytes(), 0, meta.keyLength(), StandardCharsets.UTF_8);
            if (block.equals(TableFooter.BLOOM_FILTER)) {
                filter = handle(meta);
            } else if (block.equals(TableFooter.PROPERTIES)) {
                numbers = dictionary(file, handle(meta));
            } else if (block.equals(TableFooter.RANGE_TOMBSTONES)) {
                BlockHandle handle = handle(meta);
                ranges = RangeTombstoneBlock.decode(new BlockCursor(file.read(handle), name, handle.offset()));
            } else if (!block.isEmpty() && block.charAt(0) == TableFooter.CRITICAL) {
                throw new UnsupportedVersionException(
                        name + " needs a newer Varve: it has a meta block named " + block);
            }
        }
        if (filter == null || numbers == null) {
            throw new CorruptionException(name.toString(), footer.meta().offset(), "a meta block is missing");
        }
        if (ranges.count() != info.rangeTombstones()) {
            throw new CorruptionException(
                    name.toString(),
                    footer.meta().offset(),
                    "it has " + ranges.count() + " range tombstones and should have " + info.rangeTombstones());
        }
        return new OpenTable(file, footer, filter(file, filter), numbers, ranges);
    }

    private @Nullable BloomFilter filter(BlockFile file, BlockHandle handle) throws IOException {
        if (!cache.takeFilter(handle.length())) {
            return null;
        }
        try {
            BloomFilter filter = BloomFilter.read(file.read(handle));
            filterBytes = handle.length();
            return filter;
        } catch (IOException | IllegalArgumentException e) {
            cache.giveBackFilter(handle.length());
            if (e instanceof IOException failure) {
                throw failure;
            }
            throw new CorruptionException(name.toString(), handle.offset(), String.valueOf(e.getMessage()));
        }
    }

    private int[] dictionary(BlockFile file, BlockHandle handle) throws IOException {
        BlockCursor properties = new BlockCursor(file.read(handle), name, handle.offset());
        byte[] key = TableProperties.SEGMENTS.getBytes(StandardCharsets.UTF_8);
        if (!properties.seek(key, key.length)
                || !Arrays.equals(properties.keyBytes(), 0, properties.keyLength(), key, 0, key.length)) {
            throw new CorruptionException(name.toString(), handle.offset(), "the dictionary of segments is missing");
        }
        ByteBuffer list = properties.payload();
        if (list.remaining() % DICTIONARY_ENTRY_BYTES != 0) {
            throw new CorruptionException(
                    name.toString(), handle.offset(), "the dictionary of segments has " + list.remaining() + " bytes");
        }
        int[] numbers = new int[list.remaining() / DICTIONARY_ENTRY_BYTES];
        for (int i = 0; i < numbers.length; i++) {
            var segment = segments.find(list.getLong());
            numbers[i] = segment == null ? UNKNOWN_SEGMENT : segment.number();
            list.getLong();
        }
        return numbers;
    }

    private BlockHandle handle(BlockCursor index) throws CorruptionException {
        try {
            BlockHandle handle = BlockHandle.get(index.payload());
            if (handle.fits(info.sizeBytes())) {
                return handle;
            }
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            throw index.damagedEntry(String.valueOf(e.getMessage()));
        }
        throw index.damagedEntry("a block handle points outside the table");
    }

    /**
     * The newest entry of a key whose revision is at most {@code maxRevision}.
     *
     * @param hash {@link BloomFilter#hash} of the index key
     * @param resident true to look only at what is in memory
     * @return the entry; null if there is none; {@link IndexEntry#COLD} if {@code resident} is set and the device is needed
     */
    public @Nullable IndexEntry get(byte[] indexKey, long hash, long maxRevision, boolean resident) throws IOException {
        if (maxRevision < info.minRevision() || !hasInRange(indexKey)) {
            return null;
        }
        if (resident && loaded == null) {
            return IndexEntry.COLD;
        }
        OpenTable table = load();
        if (!table.mayContain(hash)) {
            return null;
        }
        BlockAccess access = cache.access().take();
        try {
            if (!access.descend(table, indexKey, indexKey.length, resident)) {
                return access.isCold() ? IndexEntry.COLD : null;
            }
            return find(table, access, indexKey, maxRevision, resident);
        } finally {
            cache.access().giveBack(access);
        }
    }

    private boolean hasInRange(byte[] indexKey) {
        return info.entries() > 0
                && Arrays.compareUnsigned(indexKey, info.smallestKey()) >= 0
                && Arrays.compareUnsigned(indexKey, info.largestKey()) <= 0;
    }

    /**
     * True if the table has an entry of a key, and for one in eighty of the keys that it does not have: the filter alone is asked, as long as
     * there is memory for it.
     *
     * @param hash {@link BloomFilter#hash} of the index key
     */
    public boolean mayHold(byte[] indexKey, long hash) throws IOException {
        return hasInRange(indexKey)
                && load().mayContain(hash)
                && (load().filter() != null || get(indexKey, hash, Long.MAX_VALUE, false) != null);
    }

    private @Nullable IndexEntry find(
            OpenTable table, BlockAccess access, byte[] indexKey, long maxRevision, boolean resident)
            throws IOException {
        long offset = access.dataOffset();
        while (true) {
            if (!access.open(table.blocks(), offset, access.dataLength(), resident)) {
                return IndexEntry.COLD;
            }
            try {
                IndexEntry entry = null;
                boolean found = access.seek(indexKey, indexKey.length);
                boolean exact = found && access.isExact();
                while (exact && EntryCodec.revision(access.payload()) > maxRevision) {
                    found = !access.isAtEnd();
                    exact = found && access.nextVersion();
                }
                if (exact) {
                    entry = EntryCodec.get(access.payload(), table.segmentNumbers());
                }
                if (access.holds()) {
                    return entry != null || found ? entry : findBehind(table, indexKey, maxRevision, resident);
                }
            } catch (IllegalArgumentException | IndexOutOfBoundsException | BufferUnderflowException e) {
                if (access.holds()) {
                    throw table.blocks().damaged(offset, e.getMessage());
                }
            }
        }
    }

    /** The versions of the key go on in the next block. */
    private static @Nullable IndexEntry findBehind(OpenTable table, byte[] indexKey, long maxRevision, boolean resident)
            throws IOException {
        if (resident) {
            return IndexEntry.COLD;
        }
        IndexCursor cursor = cursor(table);
        for (boolean found = cursor.seek(indexKey); found; found = cursor.next()) {
            if (!Arrays.equals(cursor.keyBytes(), 0, cursor.keyLength(), indexKey, 0, indexKey.length)) {
                return null;
            }
            if (cursor.revision() <= maxRevision) {
                return cursor.entry();
            }
        }
        return null;
    }

    private static IndexCursor cursor(OpenTable table) {
        return new TableCursor(table, null);
    }

    /** The range tombstones. Nothing is read if the manifest says that there are none. */
    public RangeTombstones rangeTombstones() throws IOException {
        return info.rangeTombstones() == 0 ? RangeTombstones.NONE : load().ranges();
    }

    /** The range tombstones if they are in memory, else null. */
    public @Nullable RangeTombstones residentRangeTombstones() {
        OpenTable table = loaded;
        return info.rangeTombstones() == 0 ? RangeTombstones.NONE : table == null ? null : table.ranges();
    }

    /** A cursor over the entries, by the cache. */
    public IndexCursor cursor() throws IOException {
        return cursor(load());
    }

    /** The same, made of one that is not needed any more. */
    public IndexCursor cursor(@Nullable IndexCursor spare) throws IOException {
        OpenTable table = load();
        if (spare instanceof TableCursor cursor) {
            cursor.moveTo(table);
            return cursor;
        }
        return cursor(table);
    }

    /** A cursor for who reads the table from one end to the other: it reads large pieces of the file, past the cache. */
    public IndexCursor sequentialCursor() throws IOException {
        OpenTable table = load();
        return new TableCursor(table, new ReadAhead(table.blocks()));
    }

    /** Reads every block of the table and checks checksums and order. */
    public void verify() throws IOException {
        verify(bytes -> {});
    }

    /**
     * The same.
     *
     * @param progress is told of bytes of the file that have been read, now and then; may make the reader wait, and may throw to end it
     */
    public void verify(LongConsumer progress) throws IOException {
        long bytesPerEntry = info.sizeBytes() / Math.max(1, info.entries());
        IndexCursor cursor = sequentialCursor();
        byte[] last = new byte[0];
        long lastRevision = 0;
        long count = 0;
        for (boolean found = cursor.seek(null); found; found = cursor.next()) {
            int order = Arrays.compareUnsigned(last, 0, last.length, cursor.keyBytes(), 0, cursor.keyLength());
            if (count > 0 && (order > 0 || (order == 0 && lastRevision <= cursor.revision()))) {
                throw new CorruptionException(name.toString(), 0, "entry " + count + " is out of order");
            }
            cursor.entry();
            last = Arrays.copyOf(cursor.keyBytes(), cursor.keyLength());
            lastRevision = cursor.revision();
            count++;
            if (count % VERIFY_STEP == 0) {
                progress.accept(VERIFY_STEP * bytesPerEntry);
            }
        }
        if (count != load().footer().entries()) {
            throw new CorruptionException(
                    name.toString(),
                    0,
                    "it has " + count + " entries and should have "
                            + load().footer().entries());
        }
        progress.accept(info.sizeBytes() - count / VERIFY_STEP * VERIFY_STEP * bytesPerEntry);
    }

    /** Told of each entry of a table that can be read. */
    @FunctionalInterface
    public interface Examiner {
        /**
         * Looks at an entry.
         *
         * @return false if what it points to cannot be read
         */
        boolean isWhole(byte[] indexKey, IndexEntry entry) throws IOException;
    }

    /**
     * Finds the keys of which something cannot be read for damage: an entry, or what it points to. The table's own blocks are read past the
     * cache.
     *
     * @return all keys of the table if its index, or what belongs to the table as a whole, is damaged
     */
    public List<KeyStretch> damage(Examiner examiner) throws IOException {
        KeyStretch all = new KeyStretch(info.smallestKey(), KeyStretch.behind(info.largestKey()));
        List<KeyStretch> damaged = new ArrayList<>();
        try {
            OpenTable table = load();
            IndexPath path = new IndexPath(table);
            byte[] begin = info.smallestKey();
            for (boolean found = table.footer().entries() > 0 && path.first(); found; found = path.next()) {
                byte[] lastKey = path.lastKey();
                if (!examine(table, path.data(), examiner, damaged)) {
                    // The versions of the last key of the block before may go on in this one.
                    damaged.add(new KeyStretch(begin, KeyStretch.behind(lastKey)));
                }
                begin = lastKey;
            }
        } catch (CorruptionException e) {
            return List.of(all);
        }
        return KeyStretch.union(damaged);
    }

    /** Looks at a block; false if it is damaged. */
    private static boolean examine(OpenTable table, BlockHandle handle, Examiner examiner, List<KeyStretch> damaged)
            throws IOException {
        try {
            BlockCursor block =
                    new BlockCursor(table.blocks().read(handle), table.blocks().name(), handle.offset());
            for (boolean found = block.first(); found; found = block.next()) {
                byte[] key = Arrays.copyOf(block.keyBytes(), block.keyLength());
                if (!examiner.isWhole(key, EntryCodec.get(block.payload(), table.segmentNumbers()))) {
                    damaged.add(KeyStretch.of(key));
                }
            }
            return true;
        } catch (CorruptionException | IllegalArgumentException | BufferUnderflowException e) {
            return false;
        }
    }

    @Override
    public synchronized void close() throws IOException {
        cache.giveBackFilter(filterBytes);
        filterBytes = 0;
        OpenTable table = loaded;
        if (table != null) {
            table.blocks().close();
        }
    }
}
