package dev.varve.bench.engines;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.ByteBufferProxy;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.GetOp;
import org.lmdbjava.Txn;

/**
 * LMDB: a B+tree in a mapped file, with one writer at a time. Its cache is that of the operating system. Buffered means that
 * nothing is synced ({@code MDB_NOSYNC}), which a killed process survives.
 */
final class LmdbEngine implements Engine {

    private static final int KEY_BYTES_MAX = 511;
    private static final int READERS_MAX = 512;
    private static final byte[] NAME = "values".getBytes(StandardCharsets.US_ASCII);

    private final Env<ByteBuffer> environment;
    private final Dbi<ByteBuffer> values;
    private final ConcurrentLinkedQueue<Reader> resting = new ConcurrentLinkedQueue<>();
    private final ByteBuffer keyToWrite = ByteBuffer.allocateDirect(KEY_BYTES_MAX);
    private ByteBuffer valueToWrite = ByteBuffer.allocateDirect(1 << 12);

    /** A transaction that is renewed for each read, and what it needs. */
    private record Reader(Txn<ByteBuffer> transaction, ByteBuffer key) {}

    LmdbEngine(Setup setup) {
        List<EnvFlags> flags = new ArrayList<>(List.of(EnvFlags.MDB_NOTLS, EnvFlags.MDB_NORDAHEAD));
        if (!setup.durable()) {
            flags.add(EnvFlags.MDB_NOSYNC);
        }
        environment = Env.create(ByteBufferProxy.PROXY_OPTIMAL)
                .setMapSize(setup.dataBytesMax())
                .setMaxDbs(1)
                .setMaxReaders(READERS_MAX)
                .open(setup.directory().toFile(), flags.toArray(EnvFlags[]::new));
        values = environment.openDbi(NAME, DbiFlags.MDB_CREATE);
    }

    @Override
    public void put(byte[] key, byte[] value) {
        putAll(new byte[][] {key}, new byte[][] {value});
    }

    @Override
    public synchronized void putAll(byte[][] keys, byte[][] newValues) {
        try (Txn<ByteBuffer> transaction = environment.txnWrite()) {
            for (int i = 0; i < keys.length; i++) {
                if (valueToWrite.capacity() < newValues[i].length) {
                    valueToWrite = ByteBuffer.allocateDirect(newValues[i].length);
                }
                values.put(transaction, filled(keyToWrite, keys[i]), filled(valueToWrite, newValues[i]));
            }
            transaction.commit();
        }
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        Reader reader = reader();
        try {
            ByteBuffer value = values.get(reader.transaction(), filled(reader.key(), key));
            return value == null ? null : copy(value);
        } finally {
            release(reader);
        }
    }

    @Override
    public void scan(byte[] from, int count, Visitor visitor) {
        Reader reader = reader();
        try (Cursor<ByteBuffer> cursor = values.openCursor(reader.transaction())) {
            boolean found = cursor.get(filled(reader.key(), from), GetOp.MDB_SET_RANGE);
            for (int i = 0; i < count && found; i++) {
                visitor.entry(copy(cursor.key()), copy(cursor.val()));
                found = cursor.next();
            }
        } finally {
            release(reader);
        }
    }

    private Reader reader() {
        Reader reader = resting.poll();
        if (reader == null) {
            return new Reader(environment.txnRead(), ByteBuffer.allocateDirect(KEY_BYTES_MAX));
        }
        reader.transaction().renew();
        return reader;
    }

    private void release(Reader reader) {
        reader.transaction().reset();
        resting.add(reader);
    }

    private static ByteBuffer filled(ByteBuffer buffer, byte[] bytes) {
        return buffer.clear().put(bytes).flip();
    }

    private static byte[] copy(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(buffer.position(), bytes);
        return bytes;
    }

    @Override
    public void sync() {
        environment.sync(true);
    }

    @Override
    public void close() {
        for (Reader reader = resting.poll(); reader != null; reader = resting.poll()) {
            reader.transaction().renew();
            reader.transaction().close();
        }
        environment.close();
    }
}
