package dev.varve.storage.state;

import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.IndexKey;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An entry of a range, whose value is fetched after it has been found. Belongs to one thread at a time. */
public final class RangeItem {

    private final int keyspace;
    private final byte[] key;
    private final IndexEntry entry;
    private byte @Nullable [] value;
    private @Nullable IOException failure;

    RangeItem(byte[] indexKey, int length, IndexEntry entry) {
        this.keyspace = IndexKey.keyspace(indexKey);
        this.key = IndexKey.key(indexKey, length);
        this.entry = entry;
        this.value = entry.value();
    }

    /** Keyspace and key. */
    public byte[] indexKey() {
        return IndexKey.of(keyspace, key);
    }

    /** The key without its keyspace. */
    public byte[] key() {
        return key;
    }

    /** The value. */
    public byte[] value() {
        if (value == null) {
            throw new IllegalStateException("the value has not been fetched");
        }
        return value;
    }

    /** The revision of the write that set the value. */
    public long revision() {
        return entry.revision();
    }

    /** What the index says of it. */
    public IndexEntry entry() {
        return entry;
    }

    boolean isFetched() {
        return value != null;
    }

    void found(byte[] fetched) {
        value = fetched;
    }

    void failed(IOException reason) {
        failure = reason;
    }

    /** Why there is no value; null if there is one, or nobody has looked for it. */
    @Nullable
    IOException failure() {
        return failure;
    }
}
