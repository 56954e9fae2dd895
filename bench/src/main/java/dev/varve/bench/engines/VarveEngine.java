package dev.varve.bench.engines;

import dev.varve.storage.Cursor;
import dev.varve.storage.Durability;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Store;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.WriteBatch;
import org.jspecify.annotations.Nullable;

/** Varve with its defaults, its memtables and its block cache within the budget. */
final class VarveEngine implements Engine {

    /** Shorter than any key that is written. */
    private static final byte[] ABSENT_KEY = {0};

    /** The largest part of the budget that one memtable takes, as for RocksDB. */
    private static final int MEMTABLE_DIVISOR = 8;

    /** So many memtables are held at most. */
    private static final long MEMTABLES_MAX = 3;

    private final Store store;
    private final Durability durability;

    VarveEngine(Setup setup) {
        this.store = Store.open(setup.directory(), options(setup.cacheBytes()));
        this.durability = setup.durable() ? Durability.MAJORITY : Durability.ACCEPTED;
    }

    private static StoreOptions options(long cacheBytes) {
        StoreOptions defaults = StoreOptions.defaults();
        int memtableBytes = (int) Math.min(defaults.memtableBytes(), cacheBytes / MEMTABLE_DIVISOR);
        return defaults.withMemtableBytes(memtableBytes).withCacheBytes(cacheBytes - MEMTABLES_MAX * memtableBytes);
    }

    @Override
    public void put(byte[] key, byte[] value) {
        store.put(key, value, durability);
    }

    @Override
    public void putAll(byte[][] keys, byte[][] values) {
        WriteBatch batch = new WriteBatch();
        for (int i = 0; i < keys.length; i++) {
            batch.put(keys[i], values[i]);
        }
        store.write(batch, durability);
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        return store.get(key);
    }

    @Override
    public void scan(byte[] from, int count, Visitor visitor) {
        try (Cursor cursor = store.range(KeyRange.atLeast(from))) {
            for (int i = 0; i < count && cursor.next(); i++) {
                visitor.entry(cursor.key(), cursor.value());
            }
        }
    }

    /** A durable write takes all that was written before it to the device. */
    @Override
    public void sync() {
        store.delete(ABSENT_KEY, Durability.MAJORITY);
    }

    @Override
    public void close() {
        store.close();
    }
}
