package dev.varve.storage.log;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where the entries of the log stand, by their index: every 32nd offset is kept, 4 bytes each; the ones between are found by
 * walking from there. Thread-safe.
 */
final class EntryIndex {

    private static final int STRIDE = 32;

    /** Runs of entries with consecutive indexes in one segment, by their first index; guarded by this. */
    private final TreeMap<Long, Run> runs = new TreeMap<>();

    /** True if the next entry must begin a run, because void entries stand between it and the last; guarded by this. */
    private boolean broken;

    private static final class Run {
        private final int segmentNumber;
        private final long first;
        private long last;
        private int[] offsets = new int[4];

        Run(int segmentNumber, long first) {
            this.segmentNumber = segmentNumber;
            this.first = first;
            this.last = first - 1;
        }

        void add(int offset) {
            last++;
            if ((last - first) % STRIDE == 0) {
                int slot = (int) ((last - first) / STRIDE);
                if (slot == offsets.length) {
                    offsets = Arrays.copyOf(offsets, 2 * slot);
                }
                offsets[slot] = offset;
            }
        }
    }

    /** A place from which an entry is found by walking over {@code skip} entries. */
    record Start(long position, int skip) {}

    /** Notes the place of an entry, which must follow the last one, or be the first. */
    synchronized void add(long index, long position) {
        Map.Entry<Long, Run> last = runs.lastEntry();
        Run run = last == null ? null : last.getValue();
        if (run == null
                || broken
                || run.segmentNumber != LogPosition.segmentNumber(position)
                || run.last != index - 1) {
            run = new Run(LogPosition.segmentNumber(position), index);
            runs.put(index, run);
            broken = false;
        }
        run.add(LogPosition.offset(position));
    }

    /** Where to look for an entry, which must be between the first and the last. */
    synchronized Start find(long index) {
        Map.Entry<Long, Run> entry = runs.floorEntry(index);
        if (entry == null || entry.getValue().last < index) {
            throw new IllegalArgumentException("the log has no entry " + index);
        }
        Run run = entry.getValue();
        long distance = index - run.first;
        return new Start(
                LogPosition.of(run.segmentNumber, run.offsets[(int) (distance / STRIDE)]), (int) (distance % STRIDE));
    }

    /** Forgets every entry above {@code lastKept}. */
    synchronized void truncateSuffix(long lastKept) {
        broken = true;
        runs.tailMap(lastKept + 1, true).clear();
        Map.Entry<Long, Run> last = runs.lastEntry();
        if (last != null) {
            last.getValue().last = Math.min(last.getValue().last, lastKept);
        }
    }

    /** May forget entries below {@code firstKept}; those in the same run as it stay. */
    synchronized void truncatePrefix(long firstKept) {
        runs.values().removeIf(run -> run.last < firstKept);
    }

    /** The number of the oldest segment that is still needed to find entries, or -1 if there are none. */
    synchronized int oldestSegment() {
        return runs.isEmpty() ? -1 : runs.firstEntry().getValue().segmentNumber;
    }
}
