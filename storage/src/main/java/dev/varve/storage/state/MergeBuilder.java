package dev.varve.storage.state;

import dev.varve.storage.compaction.Compaction;
import dev.varve.storage.compaction.CompactionPicker;
import dev.varve.storage.compaction.LiveVersions;
import dev.varve.storage.compaction.Merge;
import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.LevelCursor;
import dev.varve.storage.index.MergingCursor;
import dev.varve.storage.index.RangeTombstones;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Makes the merge by which a compaction is carried out: what is read, and what of it is to be kept. Thread-safe. */
final class MergeBuilder {

    private final Readers readers;
    private final CompactionPicker picker;
    private final Supplier<Set<Long>> victims;

    /** @param victims ids of the segments that every merge moves values out of */
    MergeBuilder(Readers readers, CompactionPicker picker, Supplier<Set<Long>> victims) {
        this.readers = readers;
        this.picker = picker;
        this.victims = victims;
    }

    /**
     * The merge for a compaction that is no move.
     *
     * @param tables those of a version that has the compaction's
     * @param cancelled see {@link Merge}
     */
    Merge build(Compaction due, Levels tables, BooleanSupplier cancelled) throws IOException {
        return due.isRewriting() ? rewriting(due, tables, cancelled) : merging(due, tables, cancelled);
    }

    private Merge merging(Compaction due, Levels tables, BooleanSupplier cancelled) throws IOException {
        Map<Long, TableReader> byId = byId(tables);
        List<TableReader> upper = readers(due.upper(), byId);
        List<TableReader> lower = readers(due.lower(), byId);
        LiveVersions live = readers.live(ranges(List.of(upper, lower)), tables.below(due.target()));
        return new Merge(
                source(due, upper, lower),
                () -> true,
                null,
                null,
                live,
                live.rangeTombstones(),
                picker.outputBytes(tables.infos()),
                victims.get(),
                cancelled);
    }

    /** A table as it will be without what newer versions above it hide, and without pointers to victims. */
    private Merge rewriting(Compaction due, Levels tables, BooleanSupplier cancelled) throws IOException {
        TableInfo table = due.upper().getFirst();
        TableReader own = readers(due.upper(), byId(tables)).getFirst();
        List<List<TableReader>> runs = new ArrayList<>(tables.runsAbove(due.level(), table));
        runs.add(List.of(own));
        List<IndexCursor> sources = new ArrayList<>();
        runs.forEach(run -> sources.add(new LevelCursor(run, TableReader::sequentialCursor)));
        MergingCursor merged = new MergingCursor(sources);
        return new Merge(
                merged,
                () -> merged.source() == sources.size() - 1,
                table.smallestKey(),
                table.largestKey(),
                readers.live(ranges(runs), tables.below(due.target())),
                readers.live(own.rangeTombstones(), tables.below(due.target())).rangeTombstones(),
                Long.MAX_VALUE,
                victims.get(),
                cancelled);
    }

    private static IndexCursor source(Compaction due, List<TableReader> upper, List<TableReader> lower)
            throws IOException {
        List<IndexCursor> sources = new ArrayList<>();
        if (due.level() == 0) {
            for (TableReader table : upper) {
                sources.add(new LevelCursor(List.of(table), TableReader::sequentialCursor));
            }
        } else {
            sources.add(new LevelCursor(upper, TableReader::sequentialCursor));
        }
        if (!lower.isEmpty()) {
            sources.add(new LevelCursor(lower, TableReader::sequentialCursor));
        }
        return new MergingCursor(sources);
    }

    private static RangeTombstones ranges(List<List<TableReader>> runs) throws IOException {
        List<RangeTombstones> ranges = new ArrayList<>();
        for (List<TableReader> tables : runs) {
            for (TableReader table : tables) {
                ranges.add(table.rangeTombstones());
            }
        }
        return RangeTombstones.union(ranges);
    }

    private static Map<Long, TableReader> byId(Levels tables) {
        Map<Long, TableReader> byId = new HashMap<>();
        tables.all().forEach(table -> byId.put(table.info().id(), table));
        return byId;
    }

    private static List<TableReader> readers(List<TableInfo> infos, Map<Long, TableReader> byId) {
        List<TableReader> readers = new ArrayList<>();
        for (TableInfo info : infos) {
            TableReader reader = byId.get(info.id());
            if (reader == null) {
                throw new IllegalArgumentException("table " + info.id() + " is not there any more");
            }
            readers.add(reader);
        }
        return readers;
    }
}
