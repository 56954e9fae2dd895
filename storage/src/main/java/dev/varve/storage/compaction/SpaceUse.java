package dev.varve.storage.compaction;

import dev.varve.storage.index.TableInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * How much of the disk a store uses, and how much of it for what can still be read, as the tables tell. Immutable.
 *
 * <p>Bytes count as long as they would be uncompressed where they are live, and as they are where they take space: so compression makes room.
 * What tables say to be live may be hidden by entries above them. How much that is at most is known from numbers of entries: those above
 * that are newer than what was regarded when the table was written.
 *
 * @param fileBytes sizes of all segments and tables
 * @param liveBytes what tables point to, the tables themselves, and what is in the log and in no table yet
 * @param hiddenBytes how much of what tables point to may be hidden by newer versions or tombstones in other tables
 * @param likelyHiddenBytes how much of it is, if what is overwritten is chosen at random
 * @param referenced by id of a segment how many bytes of it tables point to
 */
public record SpaceUse(
        long fileBytes, long liveBytes, long hiddenBytes, long likelyHiddenBytes, Map<Long, Long> referenced) {

    /**
     * A segment that may be collected.
     *
     * @param id its id
     * @param sizeBytes bytes of frames in it, or of its file
     * @param originalBytes what they would be if no value were compressed
     */
    public record Collectable(long id, long sizeBytes, long originalBytes) {

        private double expansion() {
            return sizeBytes == 0 ? 1 : Math.max(1, (double) originalBytes / sizeBytes);
        }
    }

    /**
     * Adds up.
     *
     * @param levels the tables of each level
     * @param segments those that may be collected
     * @param otherBytes of the other segments, which are taken for live
     * @param regarded up to which revision what hides entries of a table has been dropped from it
     * @param overwriting what part of a table's entries takes the place of something beneath it
     */
    public static SpaceUse of(
            List<List<TableInfo>> levels,
            List<Collectable> segments,
            long otherBytes,
            ToLongFunction<TableInfo> regarded,
            ToDoubleFunction<TableInfo> overwriting) {
        Map<Long, Long> referenced = new HashMap<>();
        long tableBytes = 0;
        for (List<TableInfo> tables : levels) {
            for (TableInfo table : tables) {
                tableBytes += table.sizeBytes();
                table.segmentBytes().forEach((id, bytes) -> referenced.merge(id, bytes, Long::sum));
            }
        }
        long files = tableBytes + otherBytes;
        long live = tableBytes + otherBytes;
        Map<Long, Double> expansions = new HashMap<>();
        for (Collectable segment : segments) {
            files += segment.sizeBytes();
            live += (long) (referenced.getOrDefault(segment.id(), 0L) * segment.expansion());
            expansions.put(segment.id(), segment.expansion());
        }
        double hidden = 0;
        double likelyHidden = 0;
        Map<Long, Double> hits = hits(levels, overwriting);
        for (int level = 0; level < levels.size(); level++) {
            for (TableInfo table : levels.get(level)) {
                double bytes = 0;
                for (Map.Entry<Long, Long> use : table.segmentBytes().entrySet()) {
                    bytes += use.getValue() * expansions.getOrDefault(use.getKey(), 0.0);
                }
                hidden += bytes * hiddenShare(levels, level, table, regarded.applyAsLong(table));
                likelyHidden += bytes * likelyHiddenShare(levels, level, table, regarded.applyAsLong(table), hits);
            }
        }
        return new SpaceUse(files, live, (long) hidden, (long) likelyHidden, Map.copyOf(referenced));
    }

    /**
     * What part of a table's entries may be hidden: at most one for each entry above it with a later revision than was regarded, and all if there
     * is a range tombstone.
     *
     * @param level the table's
     */
    static double hiddenShare(List<List<TableInfo>> levels, int level, TableInfo table, long regarded) {
        boolean ranges = above(levels, level).stream()
                .anyMatch(upper ->
                        upper.rangeTombstones() > 0 && upper.maxRevision() > regarded && overlap(upper, table));
        return ranges ? 1 : Math.min(1, laterEntries(levels, level, table, regarded) / Math.max(1, table.entries()));
    }

    /** About how many entries above a table have keys between its first and its last and a later revision than was regarded. */
    private static double laterEntries(List<List<TableInfo>> levels, int level, TableInfo table, long regarded) {
        double entries = 0;
        for (TableInfo upper : above(levels, level)) {
            if (overlap(upper, table)) {
                double later = laterPart(upper, regarded) * upper.entries();
                entries += later / (level == 0 ? 1 : overlapping(upper, levels.get(level)));
            }
        }
        return entries;
    }

    /** What part of a table's revisions is later than one. */
    private static double laterPart(TableInfo table, long revision) {
        long from = Math.max(revision + 1, table.minRevision());
        return Math.max(0, table.maxRevision() - from + 1.0) / (table.maxRevision() - table.minRevision() + 1);
    }

    /**
     * How likely an entry of a table is hidden: of keys of which each is hit n times for each m of them, at random, one escapes with a
     * probability of about exp(-n / m).
     */
    private static double likelyHiddenShare(
            List<List<TableInfo>> levels, int level, TableInfo table, long regarded, Map<Long, Double> hits) {
        double hit = 0;
        for (TableInfo upper : above(levels, level)) {
            if (overlap(upper, table)) {
                hit += laterPart(upper, regarded) * hits.getOrDefault(upper.id(), 0.0);
            }
        }
        return 1 - Math.exp(-hit);
    }

    /** A table, and how many of its keys no other one beneath it has. */
    private record Keys(TableInfo table, double count) {}

    /** By id of a table, how many of its entries take the place of something, for each key that stands beneath it. */
    private static Map<Long, Double> hits(List<List<TableInfo>> levels, ToDoubleFunction<TableInfo> overwriting) {
        Map<Long, Double> hits = new HashMap<>();
        List<Keys> beneath = new ArrayList<>();
        for (int level = levels.size() - 1; level >= 0; level--) {
            List<Keys> own = new ArrayList<>();
            for (TableInfo table : levels.get(level).reversed()) {
                double keys = beneath.stream()
                        .filter(below -> overlap(table, below.table))
                        .mapToDouble(Keys::count)
                        .sum();
                double taking = keys == 0 ? 0 : overwriting.applyAsDouble(table) * table.entries();
                hits.put(table.id(), taking / Math.max(1, keys));
                (level == 0 ? beneath : own)
                        .add(new Keys(table, table.entries() - taking)); // Level 0 lies one above the other.
            }
            beneath.addAll(own);
        }
        return hits;
    }

    /** The tables that may hide something in one of a level: in level 0 that is its own. */
    private static List<TableInfo> above(List<List<TableInfo>> levels, int level) {
        return levels.subList(0, Math.max(1, level)).stream()
                .flatMap(List::stream)
                .toList();
    }

    private static long overlapping(TableInfo upper, List<TableInfo> tables) {
        return tables.stream().filter(table -> overlap(upper, table)).count();
    }

    private static boolean overlap(TableInfo a, TableInfo b) {
        return Arrays.compareUnsigned(a.largestKey(), b.smallestKey()) >= 0
                && Arrays.compareUnsigned(b.largestKey(), a.smallestKey()) >= 0;
    }

    /** How many bytes of a segment no table points to. */
    long dead(Collectable segment) {
        return Math.max(0, segment.sizeBytes() - referenced.getOrDefault(segment.id(), 0L));
    }
}
