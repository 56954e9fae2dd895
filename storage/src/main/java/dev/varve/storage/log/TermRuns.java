package dev.varve.storage.log;

import java.util.Map;
import java.util.TreeMap;

/**
 * The terms of consecutive entries, as runs: terms only change with a leader, so there are few. Not thread-safe.
 */
public final class TermRuns {

    /** Index of the first entry of a run to its term. */
    private final TreeMap<Long, Long> runs = new TreeMap<>();

    private long last;

    /** Begins anew behind this index. */
    public void reset(long lastIndex) {
        runs.clear();
        last = lastIndex;
    }

    /** Becomes the same as the other one. */
    public void copyOf(TermRuns other) {
        runs.clear();
        runs.putAll(other.runs);
        last = other.last;
    }

    /** Adds the entry behind the last one. */
    public void append(long index, long term) {
        Map.Entry<Long, Long> run = runs.lastEntry();
        if (run == null || run.getValue() != term) {
            runs.put(index, term);
        }
        last = index;
    }

    /** Forgets the entries above this index. */
    public void truncateSuffix(long lastKept) {
        runs.tailMap(lastKept, false).clear();
        last = Math.min(last, lastKept);
    }

    /** Forgets the entries below this index, as far as whole runs go. */
    public void truncatePrefix(long firstKept) {
        Long start = runs.floorKey(firstKept);
        if (start != null) {
            runs.headMap(start, false).clear();
        }
    }

    /** The term of an entry, or 0 if it lies above the last one or below what is known. */
    public long term(long index) {
        Map.Entry<Long, Long> run = index > last ? null : runs.floorEntry(index);
        return run == null ? 0 : run.getValue();
    }
}
