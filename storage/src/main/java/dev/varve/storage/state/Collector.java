package dev.varve.storage.state;

import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.compaction.Collection;
import dev.varve.storage.compaction.CollectionPicker;
import dev.varve.storage.compaction.Compaction;
import dev.varve.storage.compaction.Merged;
import dev.varve.storage.compaction.SpaceUse;
import dev.varve.storage.compaction.SpaceUse.Collectable;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.io.Trouble;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.Segment;
import dev.varve.storage.log.ValueSegmentInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows which segments are being collected: chooses them, remembers them until they are gone, and leaves those alone of which something
 * cannot be read. Thread-safe.
 */
final class Collector {

    private static final Logger logger = LoggerFactory.getLogger(Collector.class);

    /** A pass is worth while for so many times less than a segment. */
    private static final int LEAST_PART = 4;

    private final Log log;
    private final VersionEditor editor;
    private final Supplier<ManifestState> manifest;
    private final CollectionPicker picker;
    private final Damages damages;

    /** Guarded by this, like what follows. */
    private Set<Long> victims = Set.of();

    private final Set<Long> unreadable = new HashSet<>();

    /**
     * The newest revision above each table that was written anew when that was done, by its id. Of other tables the newest of their own
     * serves: what was merged into them had been regarded.
     */
    private final Map<Long, Long> regarded = new HashMap<>();

    /**
     * The newest revision in a table when a value segment was written, by its id. As long as there is none newer, what is in the segment is as
     * needed as it was then, and moving it once more would have nothing back: without this a pass could follow another for ever.
     */
    private final Map<Long, Long> written = new HashMap<>();

    /** How far collection is behind, as of the last flush or merge. */
    private volatile double debt;

    private final Overwriting overwriting = new Overwriting();

    /** True if space was lacking: then one victim at a time is collected, which needs least. */
    private boolean scarce;

    /** How many merges failed for lack of space. */
    private int shortages;

    Collector(Log log, VersionEditor editor, Supplier<ManifestState> manifest, int segmentBytes, Damages damages) {
        this.log = log;
        this.editor = editor;
        this.manifest = manifest;
        this.damages = damages;
        this.picker = new CollectionPicker(segmentBytes / LEAST_PART);
    }

    /**
     * The next step, or null if nothing need be done.
     *
     * @param held ids of tables that must stay as they are
     * @param underWay true if a step has been begun and not ended: meanwhile no new pass begins
     */
    synchronized @Nullable Compaction next(Levels tables, Set<Long> held, boolean underWay) {
        List<Collectable> segments = worthMoving();
        int most = isScarce() ? 1 : Integer.MAX_VALUE;
        Collection next = picker.pick(
                tables.infos(), segments, otherBytes(segments), victims, underWay ? 0 : most, held, this::regarded);
        if (next == null) {
            victims = underWay ? victims : Set.of();
            return null;
        }
        victims = next.victims();
        return next.step();
    }

    /** True if space is lacking for more log, or was for a merge: then collection comes before all else. */
    synchronized boolean isScarce() {
        return scarce || log.diskFull();
    }

    /**
     * A memtable has become a table.
     *
     * @param share what part of its entries takes the place of something
     */
    synchronized void flushed(TableInfo table, double share) {
        overwriting.flushed(table, share);
    }

    /** Looks anew how far collection is behind. */
    synchronized void look(Levels tables) {
        List<Collectable> segments = worthMoving();
        debt = picker.debt(use(tables, segments));
    }

    /** How far collection is behind, from 0 (not at all) to 1. What cannot be collected is no debt. */
    double debt() {
        return debt;
    }

    private List<Collectable> worthMoving() {
        long newest = newestRevision();
        return collectable().stream()
                .filter(segment -> !unreadable.contains(segment.id()))
                .filter(segment -> written.getOrDefault(segment.id(), Long.MIN_VALUE) < newest)
                .toList();
    }

    /** The segments that every merge moves values out of. */
    synchronized Set<Long> victims() {
        return victims;
    }

    /** How the space is used. */
    SpaceUse use(Levels tables) {
        return use(tables, collectable());
    }

    private synchronized SpaceUse use(Levels tables, List<Collectable> segments) {
        return SpaceUse.of(tables.infos(), segments, otherBytes(segments), this::regarded, overwriting::share);
    }

    private synchronized long regarded(TableInfo table) {
        return regarded.getOrDefault(table.id(), table.maxRevision());
    }

    private List<Collectable> collectable() {
        Map<Long, ValueSegmentInfo> values = new HashMap<>();
        manifest.get().values().forEach(info -> values.put(info.id(), info));
        List<Collectable> collectable = new ArrayList<>();
        for (Segment segment : editor.collectable()) {
            ValueSegmentInfo info = values.get(segment.id());
            long original = info == null ? segment.end() : info.originalBytes();
            collectable.add(new Collectable(segment.id(), segment.end(), original));
        }
        return collectable;
    }

    /** Bytes of all segments but these. */
    private long otherBytes(List<Collectable> segments) {
        Set<Long> ids = new HashSet<>();
        segments.forEach(segment -> ids.add(segment.id()));
        return Stream.concat(
                        log.segments().ofLog().stream()
                                .filter(segment -> !ids.contains(segment.id()))
                                .map(Segment::end),
                        manifest.get().values().stream()
                                .filter(info -> !ids.contains(info.id()))
                                .map(ValueSegmentInfo::sizeBytes))
                .mapToLong(Number::longValue)
                .sum();
    }

    /**
     * A table has been written anew in its level.
     *
     * @param tables what it was written from
     */
    synchronized void rewritten(TableInfo table, int level, Levels tables, Merged result) {
        long newest = regarded(table);
        for (List<TableInfo> above : tables.infos().subList(0, level)) {
            for (TableInfo upper : above) {
                newest = Math.max(newest, upper.maxRevision());
            }
        }
        for (TableInfo written : result.tables()) {
            regarded.put(written.id(), newest);
        }
    }

    /** How many merges have failed for lack of space. */
    synchronized int shortages() {
        return shortages;
    }

    /**
     * Tables have been merged or written anew.
     *
     * @param before how many merges had failed for lack of space when this one began
     */
    synchronized void merged(Compaction merge, Merged result, int before) {
        scarce &= shortages != before;
        if (!merge.isRewriting()) { // What had been regarded in all of them has been in what they became.
            long least = merge.inputs().mapToLong(this::regarded).min().orElse(0);
            result.tables().stream()
                    .filter(table -> table.maxRevision() < least)
                    .forEach(table -> regarded.put(table.id(), least));
        }
        overwriting.merged(merge, result);
        merge.inputs().forEach(table -> regarded.remove(table.id()));
        Set<Long> there = new HashSet<>();
        manifest.get().values().forEach(info -> there.add(info.id()));
        written.keySet().retainAll(there);
        long newest = newestRevision();
        result.values().forEach(info -> written.put(info.id(), newest));
        result.unreadable().forEach((id, cause) -> {
            if (unreadable.add(id)) {
                logger.error("a segment cannot be collected, its values stay where they are: {}", cause.getMessage());
            }
            if (cause instanceof CorruptionException damage) {
                damages.met(damage);
            }
        });
    }

    private long newestRevision() {
        return manifest.get().tables().stream()
                .mapToLong(TableInfo::maxRevision)
                .max()
                .orElse(0);
    }

    /** A merge has failed. */
    synchronized void failed(IOException cause) {
        if (Trouble.isDiskFull(cause)) {
            scarce = true;
            shortages++;
            victims = Set.of();
        }
    }

    /** Nothing in a segment is needed any more that cannot be read. */
    synchronized void repaired(long segmentId) {
        unreadable.remove(segmentId);
    }

    /** How many segments are being collected. */
    synchronized int victimCount() {
        return victims.size();
    }

    /** How many segments cannot be collected because something in them cannot be read. */
    synchronized int unreadableCount() {
        return unreadable.size();
    }
}
