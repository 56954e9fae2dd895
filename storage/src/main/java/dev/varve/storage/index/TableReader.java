package dev.varve.storage.index;

import dev.varve.storage.format.BlockBuilder;
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
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads a sorted table. Nothing is read before the first use; from then on the filter and the index blocks that were met stay
 * in memory (about 2 bytes an entry), and a look-up reads one data block. Thread-safe.
 */
public final class TableReader implements Closeable {

    /** The number of a segment that the log does not have; reading a value there is an error. */
    static final int UNKNOWN_SEGMENT = Integer.MAX_VALUE;

    /** Segment id and referenced bytes. */
    private static final int DICTIONARY_ENTRY_BYTES = 16;

    private final FileSystem files;
    private final Path path;
    private final FileName name;
    private final StoreId storeId;
    private final SegmentSet segments;
    private final TableInfo info;
    private final Map<BlockHandle, ByteBuffer> indexBlocks = new ConcurrentHashMap<>();
    private volatile @Nullable Loaded loaded;

    /** What is read on first use. */
    private record Loaded(StoreFile file, TableFooter footer, BloomFilter filter, int[] segmentNumbers) {}

    /**
     * @param directory where the table is
     * @param info what the manifest says of it
     * @param segments the log that its entries point to
     */
    public TableReader(FileSystem files, Path directory, StoreId storeId, TableInfo info, SegmentSet segments) {
        this.files = files;
        this.name = new FileName(FileKind.TABLE, info.id());
        this.path = directory.resolve(name.toString());
        this.storeId = storeId;
        this.segments = segments;
        this.info = info;
    }

    /** What the manifest says of the table. */
    public TableInfo info() {
        return info;
    }

    /** The name of its file. */
    public FileName name() {
        return name;
    }

    private Loaded load() throws IOException {
        Loaded done = loaded;
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

    private Loaded read() throws IOException {
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
            return readMeta(file, footer);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private Loaded readMeta(StoreFile file, TableFooter footer) throws IOException {
        BloomFilter filter = null;
        int[] numbers = null;
        BlockCursor meta =
                new BlockCursor(block(file, footer.meta()), name, footer.meta().offset());
        for (boolean found = meta.first(); found; found = meta.next()) {
            String block = new String(meta.keyBytes(), 0, meta.keyLength(), StandardCharsets.UTF_8);
            if (block.equals(TableFooter.BLOOM_FILTER)) {
                filter = filter(file, handle(meta));
            } else if (block.equals(TableFooter.PROPERTIES)) {
                numbers = dictionary(file, handle(meta));
            } else if (!block.isEmpty() && block.charAt(0) == TableFooter.CRITICAL) {
                throw new UnsupportedVersionException(
                        name + " needs a newer Varve: it has a meta block named " + block);
            }
        }
        if (filter == null || numbers == null) {
            throw new CorruptionException(name.toString(), footer.meta().offset(), "a meta block is missing");
        }
        return new Loaded(file, footer, filter, numbers);
    }

    private BloomFilter filter(StoreFile file, BlockHandle handle) throws IOException {
        try {
            return BloomFilter.read(block(file, handle));
        } catch (IllegalArgumentException e) {
            throw new CorruptionException(name.toString(), handle.offset(), String.valueOf(e.getMessage()));
        }
    }

    private int[] dictionary(StoreFile file, BlockHandle handle) throws IOException {
        BlockCursor properties = new BlockCursor(block(file, handle), name, handle.offset());
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

    private ByteBuffer block(StoreFile file, BlockHandle handle) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(handle.length()).order(ByteOrder.LITTLE_ENDIAN);
        file.read(bytes, handle.offset());
        return BlockBuilder.open(bytes.flip(), name, handle.offset());
    }

    private @Nullable ByteBuffer residentBlock(StoreFile file, BlockHandle handle) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(handle.length()).order(ByteOrder.LITTLE_ENDIAN);
        return file.readResident(bytes, handle.offset())
                ? BlockBuilder.open(bytes.flip(), name, handle.offset())
                : null;
    }

    private ByteBuffer indexBlock(Loaded table, BlockHandle handle) throws IOException {
        ByteBuffer block = indexBlocks.get(handle);
        if (block == null) {
            block = block(table.file, handle);
            indexBlocks.putIfAbsent(handle, block);
        }
        return block;
    }

    /**
     * The newest entry of a key whose revision is at most {@code maxRevision}.
     *
     * @param hash {@link BloomFilter#hash} of the index key
     * @param resident true to look only at what is in memory
     * @return the entry; null if there is none; {@link IndexEntry#COLD} if {@code resident} is set and the device is needed
     */
    public @Nullable IndexEntry get(byte[] indexKey, long hash, long maxRevision, boolean resident) throws IOException {
        if (maxRevision < info.minRevision()
                || Arrays.compareUnsigned(indexKey, info.smallestKey()) < 0
                || Arrays.compareUnsigned(indexKey, info.largestKey()) > 0) {
            return null;
        }
        if (resident && loaded == null) {
            return IndexEntry.COLD;
        }
        Loaded table = load();
        if (!table.filter.mayContain(hash)) {
            return null;
        }
        BlockHandle handle = table.footer.root();
        for (int level = table.footer.indexLevels(); level > 0; level--) {
            if (resident && !indexBlocks.containsKey(handle)) {
                return IndexEntry.COLD;
            }
            BlockCursor index = new BlockCursor(indexBlock(table, handle), name, handle.offset());
            if (!index.seek(indexKey, indexKey.length)) {
                return null;
            }
            handle = handle(index);
        }
        ByteBuffer block = resident ? residentBlock(table.file, handle) : block(table.file, handle);
        if (block == null) {
            return IndexEntry.COLD;
        }
        return find(table, new BlockCursor(block, name, handle.offset()), indexKey, maxRevision, resident);
    }

    private @Nullable IndexEntry find(
            Loaded table, BlockCursor data, byte[] indexKey, long maxRevision, boolean resident) throws IOException {
        for (boolean found = data.seek(indexKey, indexKey.length); found; found = data.next()) {
            if (!Arrays.equals(data.keyBytes(), 0, data.keyLength(), indexKey, 0, indexKey.length)) {
                return null;
            }
            IndexEntry entry = entry(table, data);
            if (entry.revision() <= maxRevision) {
                return entry;
            }
        }
        // The versions of the key go on in the next block.
        if (resident) {
            return IndexEntry.COLD;
        }
        IndexCursor cursor = cursor();
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

    private static IndexEntry entry(Loaded table, BlockCursor data) throws CorruptionException {
        try {
            return EntryCodec.get(data.payload(), table.segmentNumbers);
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            throw data.damagedEntry(String.valueOf(e.getMessage()));
        }
    }

    /** A cursor over the entries. */
    public IndexCursor cursor() throws IOException {
        return new Walk(load());
    }

    /** Reads every block of the table and checks checksums and order. */
    public void verify() throws IOException {
        IndexCursor cursor = cursor();
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
        }
        if (count != load().footer.entries()) {
            throw new CorruptionException(
                    name.toString(),
                    0,
                    "it has " + count + " entries and should have "
                            + load().footer.entries());
        }
    }

    @Override
    public synchronized void close() throws IOException {
        Loaded table = loaded;
        if (table != null) {
            table.file.close();
        }
    }

    /** Walks the levels of the index, and the data block below them. */
    private final class Walk implements IndexCursor {

        private final Loaded table;
        private final int levels;
        private final @Nullable BlockCursor[] index;
        private @Nullable BlockCursor data;
        private long revision;

        Walk(Loaded table) {
            this.table = table;
            this.levels = table.footer.indexLevels();
            this.index = new BlockCursor[levels];
        }

        private BlockCursor indexAt(BlockHandle handle) throws IOException {
            return new BlockCursor(indexBlock(table, handle), name, handle.offset());
        }

        private BlockCursor dataAt(BlockHandle handle) throws IOException {
            return new BlockCursor(block(table.file, handle), name, handle.offset());
        }

        private BlockCursor level(int i) {
            BlockCursor cursor = index[i];
            if (cursor == null) {
                throw new IllegalStateException("the cursor has no entry");
            }
            return cursor;
        }

        private BlockCursor data() {
            if (data == null) {
                throw new IllegalStateException("the cursor has no entry");
            }
            return data;
        }

        @Override
        public boolean seek(byte @Nullable [] indexKey) throws IOException {
            BlockHandle handle = table.footer.root();
            for (int i = 0; i < levels; i++) {
                BlockCursor cursor = indexAt(handle);
                index[i] = cursor;
                if (!(indexKey == null ? cursor.first() : cursor.seek(indexKey, indexKey.length))) {
                    return none();
                }
                handle = handle(cursor);
            }
            data = dataAt(handle);
            return found(indexKey == null ? data.first() : data.seek(indexKey, indexKey.length));
        }

        @Override
        public boolean seekBefore(byte @Nullable [] indexKey) throws IOException {
            if (indexKey != null && seek(indexKey)) {
                return previous();
            }
            BlockHandle handle = table.footer.root();
            for (int i = 0; i < levels; i++) {
                BlockCursor cursor = indexAt(handle);
                index[i] = cursor;
                if (!cursor.last()) {
                    return none();
                }
                handle = handle(cursor);
            }
            data = dataAt(handle);
            return found(data.last());
        }

        @Override
        public boolean next() throws IOException {
            if (data().next()) {
                return found(true);
            }
            int i = levels - 1;
            while (i >= 0 && !level(i).next()) {
                i--;
            }
            if (i < 0) {
                return none();
            }
            BlockHandle handle = handle(level(i));
            while (++i < levels) {
                BlockCursor cursor = indexAt(handle);
                index[i] = cursor;
                cursor.first();
                handle = handle(cursor);
            }
            data = dataAt(handle);
            return found(data.first());
        }

        @Override
        public boolean previous() throws IOException {
            if (data().previous()) {
                return found(true);
            }
            int i = levels - 1;
            while (i >= 0 && !level(i).previous()) {
                i--;
            }
            if (i < 0) {
                return none();
            }
            BlockHandle handle = handle(level(i));
            while (++i < levels) {
                BlockCursor cursor = indexAt(handle);
                index[i] = cursor;
                cursor.last();
                handle = handle(cursor);
            }
            data = dataAt(handle);
            return found(data.last());
        }

        private boolean none() {
            data = null;
            return false;
        }

        private boolean found(boolean there) throws CorruptionException {
            if (!there) {
                return none();
            }
            try {
                revision = EntryCodec.revision(data().payload());
            } catch (IllegalArgumentException | BufferUnderflowException e) {
                throw data().damagedEntry(String.valueOf(e.getMessage()));
            }
            return true;
        }

        @Override
        public byte[] keyBytes() {
            return data().keyBytes();
        }

        @Override
        public int keyLength() {
            return data().keyLength();
        }

        @Override
        public long revision() {
            return revision;
        }

        @Override
        public IndexEntry entry() throws CorruptionException {
            return TableReader.entry(table, data());
        }
    }
}
