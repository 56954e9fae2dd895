package dev.varve.bench.soak;

import dev.varve.bench.harness.Records;
import dev.varve.storage.Durability;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Store;
import dev.varve.storage.WriteBatch;
import java.util.SplittableRandom;

/** Writes to blocks of its own, and notes it in the model before and after. Not thread-safe. */
final class Writer {

    private static final int PUTS_PERCENT = 65;
    private static final int DELETES_PERCENT = 15;
    private static final int GROUP_DELETES_DIVISOR = 5;
    private static final int BLOCK_DELETES_DIVISOR = 200;
    private static final int DURABLE_DIVISOR = 10;

    private final Store store;
    private final Records records;
    private final Model model;
    private final SplittableRandom random;

    Writer(Store store, Records records, Model model, SplittableRandom random) {
        this.store = store;
        this.records = records;
        this.model = model;
        this.random = random;
    }

    /** Writes something of a block: puts a key or deletes it, writes the group, or removes the block or its group as a range. */
    void write(long block) {
        if (random.nextInt(BLOCK_DELETES_DIVISOR) == 0) {
            deleteRange(Blocks.first(block), Blocks.KEYS);
            return;
        }
        int kind = random.nextInt(100);
        if (kind < PUTS_PERCENT + DELETES_PERCENT) {
            long rank = Blocks.first(block) + Blocks.GROUP_KEYS + random.nextInt(Blocks.KEYS - Blocks.GROUP_KEYS);
            single(rank, kind < PUTS_PERCENT);
        } else {
            boolean put = random.nextInt(GROUP_DELETES_DIVISOR) > 0;
            if (put || random.nextBoolean()) {
                group(block, put);
            } else {
                deleteRange(Blocks.first(block), Blocks.GROUP_KEYS);
            }
        }
    }

    /** Writes every key of a block anew, so that nothing of it is unsettled any more. */
    void settle(long block) {
        group(block, true);
        for (long rank = Blocks.first(block) + Blocks.GROUP_KEYS; rank < Blocks.first(block + 1); rank++) {
            single(rank, true);
        }
    }

    private void single(long rank, boolean put) {
        write(rank, 1, put);
    }

    private void group(long block, boolean put) {
        write(Blocks.first(block), Blocks.GROUP_KEYS, put);
    }

    /** Writes neighbouring keys by one batch, all in the same version. */
    private void write(long first, int count, boolean put) {
        WriteBatch batch = new WriteBatch();
        int version = model.nextVersion(first, count);
        for (long rank = first; rank < first + count; rank++) {
            model.begin(rank, version, put);
            if (put) {
                batch.put(records.key(rank), records.value(rank, version));
            } else {
                batch.delete(records.key(rank));
            }
        }
        store.write(batch, durability());
        acknowledge(first, count);
    }

    /** Removes neighbouring keys by one record; the last range of all has no end. */
    private void deleteRange(long first, int count) {
        int version = model.nextVersion(first, count);
        for (long rank = first; rank < first + count; rank++) {
            model.begin(rank, version, false);
        }
        byte[] end = first + count < model.keyCount() ? records.key(first + count) : null;
        store.deleteRange(new KeyRange(records.key(first), end), durability());
        acknowledge(first, count);
    }

    private void acknowledge(long first, int count) {
        for (long rank = first; rank < first + count; rank++) {
            model.acknowledge(rank);
        }
    }

    private Durability durability() {
        return random.nextInt(DURABLE_DIVISOR) == 0 ? Durability.MAJORITY : Durability.ACCEPTED;
    }
}
