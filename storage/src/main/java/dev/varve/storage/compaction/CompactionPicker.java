package dev.varve.storage.compaction;

import dev.varve.storage.index.TableInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides what to merge next, from sizes and key ranges alone.
 *
 * <p>Sizes are counted in units: a unit is what one flush writes, told by the largest table that there is. Level 0 is due when it has
 * {@value #YOUNG_TABLES} tables, level 1 when it outgrows {@value #YOUNG_TABLES} units, each level below when it has {@value #GROWTH}
 * times more than the one above; the last one has no bound. As long as there is nothing below level 1 it may grow to
 * {@value #LONE_UNITS} units: a small store then has one sorted run, and level 0. The level that is furthest beyond its measure is merged
 * first. Of level 0 all tables are taken; of another level the one that has least below it in proportion to its own size, so that no merge
 * is long and what falls due meanwhile does not wait.
 *
 * <p>Several merges may run at once. Each is told which tables the others have, and takes none of them; two merges without a common table
 * write disjoint ranges of a level, since each takes everything that it overlaps in the level to which it writes.
 */
public final class CompactionPicker {

    /** How many levels there are, level 0 included. */
    public static final int LEVELS = 7;

    /** How many tables in level 0 make it due, and how many units level 1 may have. */
    public static final int YOUNG_TABLES = 8;

    /** How many units level 1 may have while there is nothing below it. */
    static final int LONE_UNITS = 16;

    /** How much larger a level may be than the one above it. */
    static final int GROWTH = 8;

    /** When the store is idle level 0 is merged if what it overlaps is at most so many times larger. */
    private static final int IDLE_RATIO = 2;

    /** A unit is at least this part of a memtable, so that flushes of next to nothing do not make a ladder of small levels. */
    private static final int SMALLEST_UNIT = 32;

    private final long tableBytes;

    /** @param tableBytes the most that a flush usually writes */
    public CompactionPicker(long tableBytes) {
        this.tableBytes = tableBytes;
    }

    /**
     * What should be merged next.
     *
     * @param levels the tables of each level: level 0 newest first, the others by key
     * @param held ids of tables that must stay as they are: others merge them, or they are damaged
     * @return null if nothing is due, or nothing that can be done now
     */
    public @Nullable Compaction pick(List<List<TableInfo>> levels, Set<Long> held) {
        long unit = unit(levels);
        Compaction best = null;
        double highest = 1;
        for (int level = 0; level < LEVELS - 1; level++) {
            double score = score(level, levels, unit);
            if (score >= highest) {
                Compaction candidate = level == 0 ? young(levels, held) : cheapest(level, levels, held);
                if (candidate != null) {
                    highest = Math.nextUp(score);
                    best = candidate;
                }
            }
        }
        return best;
    }

    /**
     * What should be merged while nobody writes: tables that mostly remove, with what they hide, so that its space comes back; else level
     * 0, so that readers have fewer places to look at, unless that means to rewrite many times as much. Null if there is nothing.
     */
    public @Nullable Compaction pickWhenIdle(List<List<TableInfo>> levels, Set<Long> held) {
        for (int level = 0; level < LEVELS - 1; level++) {
            int own = level;
            Compaction removing = levels.get(level).stream()
                    .filter(table -> mostlyRemoves(table) && overlapsBelow(own, table, levels))
                    .map(table -> own == 0 ? young(levels, held) : free(compaction(own, List.of(table), levels), held))
                    .filter(candidate ->
                            candidate != null && candidate.upper().stream().anyMatch(CompactionPicker::mostlyRemoves))
                    .findFirst()
                    .orElse(null);
            if (removing != null) {
                return removing;
            }
        }
        Compaction young = levels.getFirst().size() < 2 ? null : young(levels, held);
        return young == null
                        || young.upper().size() < 2
                        || Compaction.sizeBytes(young.lower()) > IDLE_RATIO * Compaction.sizeBytes(young.upper())
                ? null
                : young;
    }

    private static boolean mostlyRemoves(TableInfo table) {
        return table.rangeTombstones() > 0 || 2 * table.tombstones() > table.entries();
    }

    private static boolean overlapsBelow(int level, TableInfo table, List<List<TableInfo>> levels) {
        return levels.subList(level + 1, LEVELS).stream()
                .anyMatch(below -> !overlapping(table.smallestKey(), table.largestKey(), below)
                        .isEmpty());
    }

    /**
     * How far merging is behind that has left so many tables in level 0: 0 up to twice as many as make it due, 1 at three times as many.
     */
    public static double debt(int young) {
        return Math.clamp((double) (young - 2 * YOUNG_TABLES) / YOUNG_TABLES, 0, 1);
    }

    /** True if a level is due to be merged, whether that can be done now or not. */
    public boolean isDue(List<List<TableInfo>> levels) {
        return highestScore(levels) >= 1;
    }

    /** How little time what is due has: 0 if no level is beyond its measure, 1 if one is beyond twice its measure. */
    public double urgency(List<List<TableInfo>> levels) {
        return Math.clamp(highestScore(levels) - 1, 0, 1);
    }

    private double highestScore(List<List<TableInfo>> levels) {
        long unit = unit(levels);
        double highest = 0;
        for (int level = 0; level < LEVELS - 1; level++) {
            highest = Math.max(highest, score(level, levels, unit));
        }
        return highest;
    }

    /** The size at which a merge ends one table and begins the next: a little below a unit, so that units do not grow by merging. */
    public long outputBytes(List<List<TableInfo>> levels) {
        return unit(levels) * 7 / 8;
    }

    private long unit(List<List<TableInfo>> levels) {
        long largest = levels.stream()
                .flatMap(List::stream)
                .mapToLong(TableInfo::sizeBytes)
                .max()
                .orElse(0);
        return Math.clamp(largest, Math.max(1, tableBytes / SMALLEST_UNIT), tableBytes);
    }

    private static double score(int level, List<List<TableInfo>> levels, long unit) {
        if (level == 0) {
            return (double) levels.getFirst().size() / YOUNG_TABLES;
        }
        boolean lone = level == 1 && levels.subList(2, LEVELS).stream().allMatch(List::isEmpty);
        double units = lone ? LONE_UNITS : YOUNG_TABLES * Math.pow(GROWTH, level - 1);
        return Compaction.sizeBytes(levels.get(level)) / (units * unit);
    }

    /**
     * The tables of level 0 that are older than every one that is held: a newer one must not go below them. If the oldest shares no key
     * with another, as when keys come in their order, it is moved alone.
     */
    static @Nullable Compaction young(List<List<TableInfo>> levels, Set<Long> held) {
        List<TableInfo> all = levels.getFirst();
        int from = all.size();
        while (from > 0 && !held.contains(all.get(from - 1).id())) {
            from--;
        }
        if (from == all.size()) {
            return null;
        }
        List<TableInfo> young = all.subList(from, all.size());
        Compaction oldest = compaction(0, List.of(young.getLast()), levels);
        boolean alone = oldest.isMove()
                && young.subList(0, young.size() - 1).stream().noneMatch(table -> overlap(table, young.getLast()));
        return free(alone ? oldest : compaction(0, young, levels), held);
    }

    /** Level 0 as a whole, which must not be empty. */
    public static Compaction allYoung(List<List<TableInfo>> levels) {
        return compaction(0, levels.getFirst(), levels);
    }

    private static boolean overlap(TableInfo a, TableInfo b) {
        return Arrays.compareUnsigned(a.largestKey(), b.smallestKey()) >= 0
                && Arrays.compareUnsigned(a.smallestKey(), b.largestKey()) <= 0;
    }

    private static @Nullable Compaction cheapest(int level, List<List<TableInfo>> levels, Set<Long> held) {
        Compaction best = null;
        double lowest = Double.MAX_VALUE;
        for (TableInfo table : levels.get(level)) {
            Compaction candidate = free(compaction(level, List.of(table), levels), held);
            if (candidate != null) {
                double ratio = (double) Compaction.sizeBytes(candidate.lower()) / table.sizeBytes();
                if (ratio < lowest) {
                    best = candidate;
                    lowest = ratio;
                }
            }
        }
        return best;
    }

    private static @Nullable Compaction free(Compaction candidate, Set<Long> held) {
        return candidate.inputs().anyMatch(table -> held.contains(table.id())) ? null : candidate;
    }

    private static Compaction compaction(int level, List<TableInfo> upper, List<List<TableInfo>> levels) {
        byte[] smallest = upper.getFirst().smallestKey();
        byte[] largest = upper.getFirst().largestKey();
        for (TableInfo table : upper) {
            smallest = Arrays.compareUnsigned(table.smallestKey(), smallest) < 0 ? table.smallestKey() : smallest;
            largest = Arrays.compareUnsigned(table.largestKey(), largest) > 0 ? table.largestKey() : largest;
        }
        return new Compaction(level, List.copyOf(upper), overlapping(smallest, largest, levels.get(level + 1)));
    }

    /** The tables of a level below level 0 that have keys in a range. */
    private static List<TableInfo> overlapping(byte[] smallest, byte[] largest, List<TableInfo> tables) {
        int from = 0;
        int high = tables.size();
        while (from < high) {
            int middle = (from + high) >>> 1;
            if (Arrays.compareUnsigned(tables.get(middle).largestKey(), smallest) < 0) {
                from = middle + 1;
            } else {
                high = middle;
            }
        }
        int to = from;
        while (to < tables.size() && Arrays.compareUnsigned(tables.get(to).smallestKey(), largest) <= 0) {
            to++;
        }
        return List.copyOf(tables.subList(from, to));
    }
}
