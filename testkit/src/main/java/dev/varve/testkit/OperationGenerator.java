package dev.varve.testkit;

import dev.varve.storage.Durability;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.WriteBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Draws keys, values, batches, ranges and options for random tests. Keys come from a small pool, so that they meet again,
 * and are of all shapes: one byte, shared prefixes, bytes 0 and 255, long ones. Values are of all sizes around the limits at
 * which a store treats them differently. Not thread-safe.
 */
public final class OperationGenerator {

    private static final int LONG_KEY_BYTES = 300;
    private static final int LONGEST_BATCH = 20;
    private static final int KIB = 1 << 10;

    private final RandomGenerator random;
    private final List<byte[]> keys = new ArrayList<>();
    private final int largestValueBytes;

    /**
     * @param random from which everything follows
     * @param keys how many keys there are
     * @param largestValueBytes bound of the values
     */
    public OperationGenerator(RandomGenerator random, int keys, int largestValueBytes) {
        this.random = random;
        this.largestValueBytes = largestValueBytes;
        byte[] prefix = bytes(1 + random.nextInt(20));
        while (this.keys.size() < keys) {
            this.keys.add(drawKey(prefix));
        }
    }

    private byte[] drawKey(byte[] prefix) {
        byte[] key = switch (random.nextInt(10)) {
            case 0 -> bytes(1);
            case 1 -> bytes(1 + random.nextInt(LONG_KEY_BYTES));
            case 2 -> extremes(1 + random.nextInt(5));
            default -> bytes(4 + random.nextInt(16));
        };
        if (random.nextInt(3) == 0) {
            return key;
        }
        byte[] together = Arrays.copyOf(prefix, prefix.length + key.length);
        System.arraycopy(key, 0, together, prefix.length, key.length);
        return together;
    }

    /** Every key that this generator draws; there may be equal ones among them. */
    public List<byte[]> keys() {
        return List.copyOf(keys);
    }

    /** One of the keys, some more often than others. */
    public byte[] key() {
        int bound = random.nextInt(4) == 0 ? Math.max(1, keys.size() / 10) : keys.size();
        return keys.get(random.nextInt(bound));
    }

    /** A value. */
    public byte[] value() {
        int size = switch (random.nextInt(20)) {
            case 0 -> 0;
            case 1, 2, 3, 4, 5, 6, 7, 8 -> random.nextInt(50);
            case 9, 10, 11, 12, 13 -> 100 + random.nextInt(500);
            case 14, 15, 16, 17, 18 -> random.nextInt(4 * KIB);
            default -> random.nextInt(largestValueBytes + 1);
        };
        byte[] value = bytes(Math.min(size, largestValueBytes));
        if (random.nextBoolean() && value.length > 16) {
            Arrays.fill(value, 8, value.length, value[8]);
        }
        return value;
    }

    /** A batch of one or some changes; most are puts, few remove ranges; a key may occur more than once. */
    public WriteBatch batch() {
        WriteBatch batch = new WriteBatch();
        int size = random.nextInt(3) > 0 ? 1 : 1 + random.nextInt(LONGEST_BATCH);
        for (int i = 0; i < size; i++) {
            switch (random.nextInt(32)) {
                case 0 -> batch.deleteRange(rangeToDelete());
                case 1, 2, 3, 4, 5, 6, 7 -> batch.delete(key());
                default -> batch.put(key(), value());
            }
        }
        return batch;
    }

    /** A range: all, open at an end, between two keys, of a prefix, empty. */
    public KeyRange range() {
        return switch (random.nextInt(6)) {
            case 0 -> KeyRange.all();
            case 1 -> KeyRange.atLeast(key());
            case 2 -> KeyRange.prefix(Arrays.copyOf(key(), 1 + random.nextInt(2)));
            case 3 -> new KeyRange(null, key());
            case 4 -> KeyRange.closed(key(), key());
            default -> KeyRange.closedOpen(key(), key());
        };
    }

    /** A range that is removed: of one key, of few as a rule, and now and then any. */
    private KeyRange rangeToDelete() {
        byte[] key = key();
        return switch (random.nextInt(4)) {
            case 0 -> KeyRange.closed(key, key);
            case 1 -> KeyRange.prefix(Arrays.copyOf(key, Math.max(1, key.length - 1 - random.nextInt(3))));
            case 2 -> KeyRange.closedOpen(key, Arrays.copyOf(key, 1 + random.nextInt(key.length)));
            default -> range();
        };
    }

    /** A direction. */
    public Order order() {
        return random.nextBoolean() ? Order.ASCENDING : Order.DESCENDING;
    }

    /** A durability. */
    public Durability durability() {
        return one(Durability.values());
    }

    /** One of some values. */
    public <T> T one(T[] values) {
        return values[random.nextInt(values.length)];
    }

    /** Options under which little work makes a store roll its log and flush its memtables. */
    public StoreOptions options() {
        return StoreOptions.defaults()
                .withSegmentBytes(256 * KIB + random.nextInt(256 * KIB))
                .withMemtableBytes((64 * KIB) << random.nextInt(4))
                .withCheckpoint((64L * KIB) << random.nextInt(5), 100 << random.nextInt(5))
                .withInlineValueBytes(random.nextInt(3) == 0 ? 0 : random.nextInt(4 * KIB))
                .withCacheBytes(random.nextInt(4) == 0 ? 0 : (8L * KIB) << random.nextInt(8))
                .withMaxPendingBytes((64 * KIB) << random.nextInt(5))
                .withMaxValueBytes(Math.max(1, largestValueBytes));
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private byte[] extremes(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (random.nextBoolean() ? 0 : 0xff);
        }
        return bytes;
    }
}
