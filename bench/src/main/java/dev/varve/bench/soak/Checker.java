package dev.varve.bench.soak;

import dev.varve.bench.harness.Records;
import dev.varve.storage.Cursor;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.Store;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads the store and compares it with the model. Not thread-safe. */
final class Checker {

    private final Store store;
    private final Records records;
    private final Model model;
    private final Consumer<String> errors;

    /** @param errors is told what is wrong, a sentence each */
    Checker(Store store, Records records, Model model, Consumer<String> errors) {
        this.store = store;
        this.records = records;
        this.model = model;
        this.errors = errors;
    }

    /** Reads one key. */
    void get(long rank) {
        int before = model.acknowledged(rank);
        tell(model.check(rank, before, store.get(records.key(rank))));
    }

    /** Reads all keys of a block by one cursor. */
    void range(long block, Order order) {
        long first = Blocks.first(block);
        int[] before = new int[Blocks.KEYS];
        for (int i = 0; i < before.length; i++) {
            before[i] = model.acknowledged(first + i);
        }
        byte[] end = first + Blocks.KEYS < model.keyCount() ? records.key(first + Blocks.KEYS) : null;
        try (Cursor cursor = store.range(new KeyRange(records.key(first), end), order)) {
            check(first, before, values(cursor, first, order));
        }
    }

    /** The values of a block by the ranks of their keys. */
    private Map<Long, byte[]> values(Cursor cursor, long first, Order order) {
        Map<Long, byte[]> values = new HashMap<>();
        long last = order == Order.ASCENDING ? first - 1 : first + Blocks.KEYS;
        while (cursor.next()) {
            long rank = records.rank(cursor.key());
            boolean follows = order == Order.ASCENDING ? rank > last : rank < last;
            boolean isInside = rank >= first && rank < first + Blocks.KEYS;
            if (!isInside || !follows || !Arrays.equals(cursor.key(), records.key(rank))) {
                errors.accept("a range gives a key near " + rank + ", which does not follow " + last);
            } else {
                values.put(rank, cursor.value());
                last = rank;
            }
        }
        return values;
    }

    private void check(long first, int[] before, Map<Long, byte[]> values) {
        for (int i = 0; i < Blocks.KEYS; i++) {
            tell(model.check(first + i, before[i], values.get(first + i)));
        }
        int version = version(values.get(first));
        for (long rank = first + 1; rank < first + Blocks.GROUP_KEYS; rank++) {
            if (version(values.get(rank)) != version) {
                errors.accept("the batch of key %d is torn: version %d of the first key, %d of key %d"
                        .formatted(first, version, version(values.get(rank)), rank));
                return;
            }
        }
    }

    private static int version(byte @Nullable [] value) {
        return value == null ? -1 : Records.version(value);
    }

    /** Reads everything, while nobody writes, and returns the blocks in which writes were under way when a process was killed. */
    List<Long> all() {
        List<Long> unsettled = new ArrayList<>();
        for (long block = 0; block < model.keyCount() / Blocks.KEYS; block++) {
            range(block, Order.ASCENDING);
            for (long rank = Blocks.first(block); rank < Blocks.first(block + 1); rank++) {
                if (model.begun(rank) != model.acknowledged(rank)) {
                    unsettled.add(block);
                    break;
                }
            }
        }
        return unsettled;
    }

    private void tell(@Nullable String error) {
        if (error != null) {
            errors.accept(error);
        }
    }
}
