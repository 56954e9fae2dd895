package dev.varve.replication.raft;

import java.util.Map;
import java.util.TreeMap;

/**
 * The terms of consecutive entries, as runs: terms only change with a leader, so there are few. Not thread-safe.
 */
final class TermRuns {

    /** Index of the first entry of a run to its term. */
    private final TreeMap<Long, Long> runs = new TreeMap<>();

    private long last;

    /** Begins anew behind this index. */
    void reset(long lastIndex) {
        runs.clear();
        last = lastIndex;
    }

    /** Becomes the same as the other one. */
    void copyOf(TermRuns other) {
        runs.clear();
        runs.putAll(other.runs);
        last = other.last;
    }

    void append(long index, long term) {
        Map.Entry<Long, Long> run = runs.lastEntry();
        if (run == null || run.getValue() != term) {
            runs.put(index, term);
        }
        last = index;
    }

    void truncateSuffix(long lastKept) {
        runs.tailMap(lastKept, false).clear();
        last = Math.min(last, lastKept);
    }

    void truncatePrefix(long firstKept) {
        Long start = runs.floorKey(firstKept);
        if (start != null) {
            runs.headMap(start, false).clear();
        }
    }

    /** The index of the last entry. */
    long last() {
        return last;
    }

    /** The term of an entry, or 0 if it lies above the last one or below what is known. */
    long term(long index) {
        Map.Entry<Long, Long> run = index > last ? null : runs.floorEntry(index);
        return run == null ? 0 : run.getValue();
    }
}
