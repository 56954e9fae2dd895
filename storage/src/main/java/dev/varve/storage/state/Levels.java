package dev.varve.storage.state;

import dev.varve.storage.compaction.CompactionPicker;
import dev.varve.storage.compaction.LiveVersions;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.index.LevelCursor;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The tables by level, as {@code dev.varve.storage.compaction} explains: level 0 newest first, the others by key. Immutable.
 *
 * @param levels the tables of each level
 */
record Levels(List<List<TableReader>> levels) {

    private static final Comparator<TableReader> BY_KEY =
            (a, b) -> Arrays.compareUnsigned(a.info().smallestKey(), b.info().smallestKey());

    /**
     * @param tables oldest first
     * @param levelOf the level of each table that is not in level 0, by its id
     */
    static Levels of(List<TableReader> tables, Map<Long, Integer> levelOf) {
        List<List<TableReader>> levels = new ArrayList<>();
        for (int level = 0; level < CompactionPicker.LEVELS; level++) {
            int wanted = level;
            List<TableReader> members = tables.reversed().stream()
                    .filter(table -> levelOf.getOrDefault(table.info().id(), 0) == wanted)
                    .toList();
            levels.add(level == 0 ? members : members.stream().sorted(BY_KEY).toList());
        }
        return new Levels(List.copyOf(levels));
    }

    /** These tables with a newer one in level 0. */
    Levels withNewest(TableReader table) {
        List<TableReader> young = new ArrayList<>();
        young.add(table);
        young.addAll(levels.getFirst());
        return with(0, young);
    }

    /** These tables without some, and with others in one of the lower levels. */
    Levels with(Set<TableReader> removed, List<TableReader> added, int level) {
        List<List<TableReader>> changed = new ArrayList<>();
        for (List<TableReader> tables : levels) {
            changed.add(
                    tables.stream().filter(table -> !removed.contains(table)).toList());
        }
        List<TableReader> members = new ArrayList<>(changed.get(level));
        members.addAll(added);
        members.sort(BY_KEY);
        return new Levels(List.copyOf(changed)).with(level, members);
    }

    private Levels with(int level, List<TableReader> tables) {
        List<List<TableReader>> changed = new ArrayList<>(levels);
        changed.set(level, List.copyOf(tables));
        return new Levels(List.copyOf(changed));
    }

    /** All tables. */
    List<TableReader> all() {
        return levels.stream().flatMap(List::stream).toList();
    }

    /** How many tables level 0 has. */
    int young() {
        return levels.getFirst().size();
    }

    /** What the manifest says of them. */
    List<List<TableInfo>> infos() {
        return levels.stream()
                .map(tables -> tables.stream().map(TableReader::info).toList())
                .toList();
    }

    /** What most index keys seem to begin with, by the first and the last of each table. */
    byte[] usualPrefix() {
        return all().isEmpty()
                ? new byte[0]
                : IndexKey.usualPrefix(sorted(TableInfo::smallestKey), sorted(TableInfo::largestKey));
    }

    private List<byte[]> sorted(Function<TableInfo, byte[]> key) {
        return all().stream()
                .map(table -> key.apply(table.info()))
                .sorted(Arrays::compareUnsigned)
                .toList();
    }

    /** True if a table below the level has the key in its range. */
    private boolean mayHoldBelow(int level, byte[] key, int keyLength) {
        byte[] indexKey = Arrays.copyOf(key, keyLength);
        for (int below = level + 1; below < levels.size(); below++) {
            if (LevelCursor.candidate(levels.get(below), indexKey) != null) {
                return true;
            }
        }
        return false;
    }

    /** What lies below a level, for those who drop what hides nothing there. */
    LiveVersions.Depths below(int level) {
        return new LiveVersions.Depths() {
            @Override
            public boolean mayHold(byte[] key, int keyLength) {
                return mayHoldBelow(level, key, keyLength);
            }

            @Override
            public boolean mayHoldWithin(byte[] start, byte[] end) {
                return levels.stream()
                        .skip(level + 1L)
                        .flatMap(List::stream)
                        .anyMatch(table -> overlaps(table, start, end));
            }
        };
    }

    /** The tables that have range tombstones, in runs that do not overlap and are ordered by key. */
    List<List<TableReader>> withRangeTombstones() {
        List<List<TableReader>> runs = new ArrayList<>();
        for (int level = 0; level < levels.size(); level++) {
            List<TableReader> tables = levels.get(level).stream()
                    .filter(table -> table.info().rangeTombstones() > 0)
                    .toList();
            if (level == 0) {
                tables.forEach(table -> runs.add(List.of(table)));
            } else if (!tables.isEmpty()) {
                runs.add(tables);
            }
        }
        return List.copyOf(runs);
    }

    /** As {@link TableReader#mayHold}, of any table. */
    boolean mayHold(byte[] indexKey, long hash) throws IOException {
        for (TableReader table : levels.getFirst()) {
            if (table.mayHold(indexKey, hash)) {
                return true;
            }
        }
        for (List<TableReader> tables : levels.subList(1, levels.size())) {
            TableReader table = LevelCursor.candidate(tables, indexKey);
            if (table != null && table.mayHold(indexKey, hash)) {
                return true;
            }
        }
        return false;
    }

    /** As {@link TableReader#get}, over all tables. */
    @Nullable
    IndexEntry get(byte[] indexKey, long hash, long maxRevision, boolean resident) throws IOException {
        for (TableReader table : levels.getFirst()) {
            IndexEntry entry = table.get(indexKey, hash, maxRevision, resident);
            if (entry != null) {
                return entry;
            }
        }
        for (int level = 1; level < levels.size(); level++) {
            TableReader table = LevelCursor.candidate(levels.get(level), indexKey);
            IndexEntry entry = table == null ? null : table.get(indexKey, hash, maxRevision, resident);
            if (entry != null) {
                return entry;
            }
        }
        return null;
    }

    /** A cursor for each table of level 0 and for each other level that has tables, newer ones first; {@code opener} makes those of tables. */
    List<LevelCursor> cursors(LevelCursor.Opener opener) {
        List<LevelCursor> cursors = new ArrayList<>();
        for (TableReader table : levels.getFirst()) {
            cursors.add(new LevelCursor(List.of(table), opener));
        }
        for (List<TableReader> tables : levels.subList(1, levels.size())) {
            if (!tables.isEmpty()) {
                cursors.add(new LevelCursor(tables, opener));
            }
        }
        return cursors;
    }

    /** The tables of the levels above one that overlap a table of it, in runs that are disjoint and ordered by key, newer ones first. */
    List<List<TableReader>> runsAbove(int level, TableInfo table) {
        byte[] end = Arrays.copyOf(table.largestKey(), table.largestKey().length + 1);
        List<List<TableReader>> runs = new ArrayList<>();
        for (int above = 0; above < level; above++) {
            List<TableReader> tables = levels.get(above).stream()
                    .filter(reader -> overlaps(reader, table.smallestKey(), end))
                    .toList();
            if (above == 0) {
                tables.forEach(reader -> runs.add(List.of(reader)));
            } else if (!tables.isEmpty()) {
                runs.add(tables);
            }
        }
        return runs;
    }

    private static boolean overlaps(TableReader table, byte @Nullable [] start, byte @Nullable [] end) {
        return (end == null || Arrays.compareUnsigned(table.info().smallestKey(), end) < 0)
                && (start == null || Arrays.compareUnsigned(table.info().largestKey(), start) >= 0);
    }
}
