package dev.varve.bench.engines;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/**
 * RocksDB as its tuning guide recommends it: LZ4, a Bloom filter of 10 bits a key, and memtables, index and filter blocks
 * charged to the one block cache, so that the budget holds.
 */
final class RocksEngine implements Engine {

    private static final int FILTER_BITS_PER_KEY = 10;
    private static final int FORMAT_VERSION = 6;
    private static final long BUFFER_BYTES_MAX = 64L << 20;
    private static final long BLOB_FILE_BYTES = 256L << 20;
    private static final long BLOB_BYTES_MIN = 64;

    private final Options options;
    private final WriteOptions writeOptions;
    private final ReadOptions readOptions = new ReadOptions();
    private final RocksDB database;

    private RocksEngine(Setup setup, Options options) throws IOException {
        this.options = options;
        this.writeOptions = new WriteOptions().setSync(setup.durable());
        try {
            this.database = RocksDB.open(options, setup.directory().toString());
        } catch (RocksDBException e) {
            throw new IOException(e);
        }
    }

    /** With the values in the tables. */
    static RocksEngine plain(Setup setup) throws IOException {
        return new RocksEngine(setup, options(setup));
    }

    /** With values in blob files, which are collected. What of them is cached is cached by the operating system. */
    static RocksEngine withBlobs(Setup setup) throws IOException {
        return new RocksEngine(
                setup,
                options(setup)
                        .setEnableBlobFiles(true)
                        .setMinBlobSize(BLOB_BYTES_MIN)
                        .setBlobFileSize(BLOB_FILE_BYTES)
                        .setBlobCompressionType(CompressionType.LZ4_COMPRESSION)
                        .setEnableBlobGarbageCollection(true));
    }

    private static Options options(Setup setup) {
        RocksDB.loadLibrary();
        Cache cache = new LRUCache(setup.cacheBytes());
        return new Options()
                .setCreateIfMissing(true)
                .setWriteBufferSize(Math.min(BUFFER_BYTES_MAX, setup.cacheBytes() / 8))
                .setWriteBufferManager(new WriteBufferManager(setup.cacheBytes() / 3, cache))
                .setMaxBackgroundJobs(Runtime.getRuntime().availableProcessors())
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setFilterPolicy(new BloomFilter(FILTER_BITS_PER_KEY))
                        .setCacheIndexAndFilterBlocks(true)
                        .setPinL0FilterAndIndexBlocksInCache(true)
                        .setFormatVersion(FORMAT_VERSION));
    }

    @Override
    public void put(byte[] key, byte[] value) throws IOException {
        try {
            database.put(writeOptions, key, value);
        } catch (RocksDBException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void putAll(byte[][] keys, byte[][] values) throws IOException {
        try (WriteBatch batch = new WriteBatch()) {
            for (int i = 0; i < keys.length; i++) {
                batch.put(keys[i], values[i]);
            }
            database.write(writeOptions, batch);
        } catch (RocksDBException e) {
            throw new IOException(e);
        }
    }

    @Override
    public byte @Nullable [] get(byte[] key) throws IOException {
        try {
            return database.get(readOptions, key);
        } catch (RocksDBException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void scan(byte[] from, int count, Visitor visitor) throws IOException {
        try (RocksIterator iterator = database.newIterator(readOptions)) {
            iterator.seek(from);
            for (int i = 0; i < count && iterator.isValid(); i++) {
                visitor.entry(iterator.key(), iterator.value());
                iterator.next();
            }
            iterator.status();
        } catch (RocksDBException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void sync() throws IOException {
        try {
            database.syncWal();
        } catch (RocksDBException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() {
        database.close();
        readOptions.close();
        writeOptions.close();
        options.close();
    }
}
