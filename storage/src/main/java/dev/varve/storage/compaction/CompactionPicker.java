package dev.varve.storage.compaction;

import dev.varve.storage.index.TableInfo;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides what to merge next, from sizes and key ranges alone.
 *
 * <p>Level 0 is due when it has {@value #YOUNG_TABLES} tables, a lower level when it outgrows its size: {@value #YOUNG_TABLES} tables for
 * level 1, {@value #GROWTH} times more for each level below; the last one has no bound. The level that is furthest beyond its measure
 * is merged first. Of level 0 all tables are taken, of another level the one that has least below it in proportion to its own size.
 * An entry is so rewritten about {@code GROWTH} times on its way down a level; tables hold 40 to 50 bytes for each key whose value
 * stands in the log, so that 100 million such keys fit into levels 0 to 3.
 */
public final class CompactionPicker {

    /** How many levels there are, level 0 included. */
    public static final int LEVELS = 7;

    /** How many tables in level 0 make it due. */
    static final int YOUNG_TABLES = 4;

    /** How much larger a level may be than the one above it. */
    static final int GROWTH = 8;

    private final long tableBytes;

    /** @param tableBytes the usual size of a table */
    public CompactionPicker(long tableBytes) {
        this.tableBytes = tableBytes;
    }

    /**
     * What should be merged next.
     *
     * @param levels the tables of each level: level 0 newest first, the others by key
     * @return null if nothing is due
     */
    public @Nullable Compaction pick(List<List<TableInfo>> levels) {
        int due = -1;
        double highest = 1;
        for (int level = 0; level < LEVELS - 1; level++) {
            double score = score(level, levels.get(level));
            if (score >= highest) {
                highest = Math.nextUp(score);
                due = level;
            }
        }
        if (due < 0) {
            return null;
        }
        List<TableInfo> below = levels.get(due + 1);
        if (due == 0) {
            List<TableInfo> upper = levels.getFirst();
            return new Compaction(0, upper, overlapping(upper, below));
        }
        return cheapest(due, levels.get(due), below);
    }

    private double score(int level, List<TableInfo> tables) {
        return level == 0
                ? (double) tables.size() / YOUNG_TABLES
                : (double) Compaction.sizeBytes(tables) / (YOUNG_TABLES * tableBytes * Math.pow(GROWTH, level - 1));
    }

    private static Compaction cheapest(int level, List<TableInfo> tables, List<TableInfo> below) {
        Compaction best = null;
        double lowest = Double.MAX_VALUE;
        for (TableInfo table : tables) {
            List<TableInfo> lower = overlapping(List.of(table), below);
            double ratio = (double) Compaction.sizeBytes(lower) / table.sizeBytes();
            if (best == null || ratio < lowest) {
                best = new Compaction(level, List.of(table), lower);
                lowest = ratio;
            }
        }
        if (best == null) {
            throw new IllegalArgumentException("a level without tables is never due");
        }
        return best;
    }

    private static List<TableInfo> overlapping(List<TableInfo> upper, List<TableInfo> below) {
        byte[] smallest = upper.getFirst().smallestKey();
        byte[] largest = upper.getFirst().largestKey();
        for (TableInfo table : upper) {
            smallest = Arrays.compareUnsigned(table.smallestKey(), smallest) < 0 ? table.smallestKey() : smallest;
            largest = Arrays.compareUnsigned(table.largestKey(), largest) > 0 ? table.largestKey() : largest;
        }
        byte[] from = smallest;
        byte[] to = largest;
        return below.stream()
                .filter(table -> Arrays.compareUnsigned(table.largestKey(), from) >= 0
                        && Arrays.compareUnsigned(table.smallestKey(), to) <= 0)
                .toList();
    }
}
