package dev.varve.bench.engines;

import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ByteArrayDataType;
import org.jspecify.annotations.Nullable;

/**
 * MVStore of H2: a copy-on-write B+tree in Java, which caches on the heap. It has no log: buffered writes are committed by a thread
 * of its own every second or every 16 MiB, and a killed process loses what came after; a durable write commits and syncs.
 */
final class MvStoreEngine implements Engine {

    private static final int COMMIT_KIB = 16 << 10;
    private static final int CACHE_CONCURRENCY = 16;

    private final MVStore store;
    private final MVMap<byte[], byte[]> values;
    private final boolean durable;

    MvStoreEngine(Setup setup) {
        durable = setup.durable();
        MVStore.Builder builder = new MVStore.Builder()
                .fileName(setup.directory().resolve("values.mv").toString())
                .cacheSize((int) (setup.cacheBytes() >> 20))
                .cacheConcurrency(CACHE_CONCURRENCY)
                .autoCommitBufferSize(COMMIT_KIB)
                .compress();
        store = (durable ? builder.autoCommitDisabled() : builder).open();
        values = store.openMap(
                "values",
                new MVMap.Builder<byte[], byte[]>()
                        .keyType(ByteArrayDataType.INSTANCE)
                        .valueType(ByteArrayDataType.INSTANCE));
    }

    @Override
    public void put(byte[] key, byte[] value) {
        values.put(key, value);
        written();
    }

    @Override
    public void putAll(byte[][] keys, byte[][] newValues) {
        for (int i = 0; i < keys.length; i++) {
            values.put(keys[i], newValues[i]);
        }
        written();
    }

    private void written() {
        if (durable) {
            sync();
        }
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        return values.get(key);
    }

    @Override
    public void scan(byte[] from, int count, Visitor visitor) {
        Cursor<byte[], byte[]> cursor = values.cursor(from);
        for (int i = 0; i < count && cursor.hasNext(); i++) {
            byte[] key = cursor.next();
            visitor.entry(key, cursor.getValue());
        }
    }

    @Override
    public void sync() {
        store.commit();
        store.sync();
    }

    @Override
    public void close() {
        store.close();
    }
}
