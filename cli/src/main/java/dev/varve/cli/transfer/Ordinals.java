package dev.varve.cli.transfer;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** A set of numbers, kept as ranges: small while they come nearly in order. Not thread-safe. */
final class Ordinals {

    /** First to last of each range, both inclusive. Invariant: neither touch nor overlap. */
    private final TreeMap<Long, Long> ranges = new TreeMap<>();

    private long count;

    /** Adds all numbers from first to last; those that are there already do no harm. */
    void add(long first, long last) {
        long from = first;
        long to = last;
        Map.Entry<Long, Long> before = ranges.floorEntry(from);
        if (before != null && before.getValue() >= from - 1) {
            from = before.getKey();
            to = Math.max(to, before.getValue());
        }
        for (Map.Entry<Long, Long> within = ranges.ceilingEntry(from);
                within != null && within.getKey() <= to + 1;
                within = ranges.ceilingEntry(from)) {
            to = Math.max(to, within.getValue());
            count -= within.getValue() - within.getKey() + 1;
            ranges.remove(within.getKey());
        }
        ranges.put(from, to);
        count += to - from + 1;
    }

    boolean contains(long ordinal) {
        Map.Entry<Long, Long> range = ranges.floorEntry(ordinal);
        return range != null && range.getValue() >= ordinal;
    }

    /** How many numbers there are. */
    long count() {
        return count;
    }

    void forEachRange(BiConsumer<Long, Long> action) {
        ranges.forEach(action);
    }

    void clear() {
        ranges.clear();
        count = 0;
    }
}
