package dev.varve.storage.compaction;

import dev.varve.storage.compaction.SpaceUse.Collectable;
import dev.varve.storage.index.TableInfo;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides which segments are collected, and by writing which table anew, from sizes alone.
 *
 * <p>Space is collected by passes. A pass begins when the files are {@value #BEGIN} times as large as what is live in them, hidden entries
 * not counted; it chooses victims, those with the largest dead part first (the greedy policy of Rosenblum and Ousterhout, "The design
 * and implementation of a log-structured file system", 1992), until they would bring the files to {@value #END} times what is live, or
 * until moving what is live in them would need more than {@value #BOUND} times, or {@value #ROOM} of what is live if that is more: few victims in
 * each pass would write the index over and over, just where collection is behind. Then one table after another that points to a victim is
 * written anew without such pointers; a victim goes when no table points to it. Few large passes write the index less often, and leave
 * few runs of value segments that overlap.
 */
public final class CollectionPicker {

    /** How much larger files may be than what is live in them, at any time. */
    static final double BOUND = 1.5;

    static final double BEGIN = 1.4;
    static final double END = 1.0;

    /** So much of what is live a pass may move in any case. */
    static final double ROOM = 0.17;

    /** From here on a growth of the files is slowed. */
    static final double DEBT_FROM = 1.4;

    /** Here it is slowed as much as it can be. */
    static final double DEBT_TO = 1.65;

    /** Space comes back by whole segments: so many times more than what is worth a pass is no debt. */
    private static final int SLACK = 4;

    /** A segment is no victim with a smaller dead part. */
    static final double LEAST_DEAD = 0.2;

    private final long leastBytes;

    /** @param leastBytes less than this is not worth a pass */
    public CollectionPicker(long leastBytes) {
        this.leastBytes = leastBytes;
    }

    /**
     * The next step.
     *
     * @param levels the tables of each level: level 0 newest first, the others by key
     * @param segments those that may be collected
     * @param otherBytes bytes of the other segments
     * @param begun the victims of the pass under way
     * @param most how many victims a new pass may have, 0 if none may begin; 1 where space is so scarce that whatever can be had back is worth a pass
     * @param held ids of tables that must stay as they are
     * @param regarded up to which revision what hides entries of a table has been dropped from it
     * @return null if nothing need be done
     */
    public @Nullable Collection pick(
            List<List<TableInfo>> levels,
            List<Collectable> segments,
            long otherBytes,
            Set<Long> begun,
            int most,
            Set<Long> held,
            ToLongFunction<TableInfo> regarded) {
        Set<Long> there = segments.stream().map(Collectable::id).collect(Collectors.toSet());
        there.retainAll(begun);
        Collection going = next(levels, there, held);
        if (going != null || most == 0) {
            return going;
        }
        SpaceUse use = SpaceUse.of(levels, segments, otherBytes, regarded, table -> 1);
        long live = use.liveBytes() - use.hiddenBytes();
        long limit = (long) (most == 1 ? live : BEGIN * live);
        if (use.fileBytes() <= limit || use.fileBytes() - live < leastBytes) {
            return null;
        }
        Collection begin = next(levels, victims(use, segments, live, most), held);
        return begin != null ? begin : stalest(levels, held, regarded);
    }

    private static Set<Long> victims(SpaceUse use, List<Collectable> segments, long live, int most) {
        double ratio = compression(segments);
        double excess = use.fileBytes() - END * live;
        double room = Math.max(BOUND * live - use.fileBytes(), ROOM * live);
        Set<Long> victims = new HashSet<>();
        List<Collectable> byDeadPart = segments.stream()
                .filter(segment -> use.dead(segment) >= LEAST_DEAD * segment.sizeBytes())
                .sorted(Comparator.comparingDouble(segment -> -(double) use.dead(segment) / segment.sizeBytes()))
                .toList();
        for (Collectable segment : byDeadPart) {
            boolean compressed = segment.originalBytes() > segment.sizeBytes();
            double moved = (segment.sizeBytes() - use.dead(segment)) * (compressed ? 1 : ratio);
            if (!victims.isEmpty() && (excess <= 0 || moved > room || victims.size() >= most)) {
                break;
            }
            victims.add(segment.id());
            excess -= segment.sizeBytes() - moved;
            room -= moved;
        }
        return victims;
    }

    /**
     * How far collection is behind: 0 up to a size of the files at which a pass should long have begun, 1 at one so far beyond the bound that
     * nothing more should come.
     *
     * @param use of the segments that can be collected
     */
    public double debt(SpaceUse use) {
        double live = use.liveBytes() - use.likelyHiddenBytes();
        double slack = SLACK * leastBytes;
        double from = DEBT_FROM * live + slack;
        double span = Math.max(slack, (DEBT_TO - DEBT_FROM) * live);
        return Math.clamp((use.fileBytes() - from) / span, 0, 1);
    }

    /** To what part of its length a value shrinks when it is moved, as those did that have been moved. */
    private static double compression(List<Collectable> segments) {
        long size = 0;
        long original = 0;
        for (Collectable segment : segments) {
            if (segment.originalBytes() > segment.sizeBytes()) {
                size += segment.sizeBytes();
                original += segment.originalBytes();
            }
        }
        return original == 0 ? 1 : (double) size / original;
    }

    /** The step that brings victims nearer to their end: level 0 first, then upwards from the last level, by key. */
    private static @Nullable Collection next(List<List<TableInfo>> levels, Set<Long> victims, Set<Long> held) {
        if (levels.getFirst().stream().anyMatch(table -> pointsTo(table, victims))) {
            Compaction young = CompactionPicker.young(levels, held);
            if (young != null) {
                return new Collection(victims, young);
            }
        }
        for (int level = levels.size() - 1; level > 0; level--) {
            for (TableInfo table : levels.get(level)) {
                if (pointsTo(table, victims) && !held.contains(table.id())) {
                    return new Collection(victims, Compaction.rewriting(level, table));
                }
            }
        }
        return null;
    }

    private static boolean pointsTo(TableInfo table, Set<Long> victims) {
        return table.segmentBytes().keySet().stream().anyMatch(victims::contains);
    }

    /** The table with the largest part that may be hidden, to be rid of it. */
    private static @Nullable Collection stalest(
            List<List<TableInfo>> levels, Set<Long> held, ToLongFunction<TableInfo> regarded) {
        Compaction stalest = null;
        double most = 0;
        for (int level = 0; level < levels.size(); level++) {
            for (TableInfo table : levels.get(level)) {
                double share = SpaceUse.hiddenShare(levels, level, table, regarded.applyAsLong(table));
                if (share > most && !table.segmentBytes().isEmpty() && !held.contains(table.id())) {
                    most = share;
                    stalest = level == 0 ? CompactionPicker.young(levels, held) : Compaction.rewriting(level, table);
                }
            }
        }
        return stalest == null ? null : new Collection(Set.of(), stalest);
    }
}
