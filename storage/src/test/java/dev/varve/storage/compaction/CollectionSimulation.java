package dev.varve.storage.compaction;

import dev.varve.storage.compaction.SpaceUse.Collectable;
import dev.varve.storage.index.TableInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * A store without bytes: which key points to which segment, in levels of tables that are flushed, merged and collected as the pickers say.
 * It tells what a policy costs in a second rather than in hours of a disk.
 */
final class CollectionSimulation {

    /** What a value takes in the log, and in the index. */
    private static final int FRAME_BYTES = 1040;

    private static final int ENTRY_BYTES = 45;

    private final int segmentBytes;
    private final int flushEntries;
    private final int tableEntries;
    private final int storedBytes;
    private final CollectionPicker picker;
    private final CompactionPicker merges;
    private final List<List<Table>> levels = new ArrayList<>();
    private final Map<Long, Segment> segments = new HashMap<>();
    private TreeMap<Integer, Ref> memtable = new TreeMap<>();
    private final TreeMap<Integer, Ref> truth = new TreeMap<>();
    private long ids;
    private long revision;
    private final Map<Long, Long> regarded = new HashMap<>();
    private Segment active = new Segment(true);
    private Set<Long> victims = Set.of();
    private long pass;
    private long writtenToLog;
    private long writtenToIndex;
    private long writtenToValues;
    private double highest;
    private int mostRuns;

    /** Where the value of a version stands; segment 0 stands for a tombstone. */
    private record Ref(long segment, long revision) {}

    /** What was seen since the measuring began. */
    record Result(double writeAmplification, double highestSpace, int runs, double index, double values) {}

    private final class Segment {
        private final long id = ++ids;
        private final boolean log;
        private final long pass;
        private long size;
        private long original;
        private int smallest = Integer.MAX_VALUE;
        private int largest = -1;

        Segment(boolean log) {
            this.log = log;
            this.pass = CollectionSimulation.this.pass;
            segments.put(id, this);
        }

        void add(int key, int bytes) {
            size += bytes;
            original += FRAME_BYTES;
            smallest = Math.min(smallest, key);
            largest = Math.max(largest, key);
        }

        int frameBytes() {
            return log ? FRAME_BYTES : storedBytes;
        }
    }

    private final class Table {
        private final NavigableMap<Integer, Ref> entries;
        private final TableInfo info;

        Table(NavigableMap<Integer, Ref> entries) {
            this.entries = entries;
            SortedMap<Long, Long> uses = new TreeMap<>();
            LongSummaryStatistics revisions = new LongSummaryStatistics();
            entries.values().forEach(ref -> {
                revisions.accept(ref.revision);
                if (ref.segment != 0) {
                    uses.merge(ref.segment, (long) segment(ref.segment).frameBytes(), Long::sum);
                }
            });
            this.info = new TableInfo(
                    ++ids,
                    (long) entries.size() * ENTRY_BYTES,
                    entries.size(),
                    entries.values().stream().filter(ref -> ref.segment == 0).count(),
                    bytes(entries.firstKey()),
                    bytes(entries.lastKey()),
                    revisions.getMin(),
                    revisions.getMax(),
                    uses);
            writtenToIndex += info.sizeBytes();
        }
    }

    /**
     * @param keys how many there are
     * @param storedBytes what a frame takes once it has been moved
     */
    CollectionSimulation(int keys, int storedBytes) {
        this.storedBytes = storedBytes;
        this.segmentBytes = keys / 40 * FRAME_BYTES;
        this.flushEntries = keys / 40;
        this.tableEntries = keys / 12;
        this.picker = new CollectionPicker(segmentBytes / 4);
        this.merges = new CompactionPicker((long) keys / 40 * ENTRY_BYTES);
        for (int i = 0; i < CompactionPicker.LEVELS; i++) {
            levels.add(new ArrayList<>());
        }
    }

    private Segment segment(long id) {
        Segment segment = segments.get(id);
        if (segment == null) {
            throw new IllegalStateException("a pointer dangles: segment " + id);
        }
        return segment;
    }

    private static byte[] bytes(int key) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(key).array();
    }

    void put(int key) {
        if (active.size >= segmentBytes) {
            active = new Segment(true);
        }
        active.add(key, FRAME_BYTES);
        writtenToLog += FRAME_BYTES;
        Ref ref = new Ref(active.id, ++revision);
        truth.put(key, ref);
        write(key, ref);
    }

    void delete(int key) {
        truth.remove(key);
        write(key, new Ref(0, ++revision));
    }

    private void write(int key, Ref ref) {
        memtable.put(key, ref);
        if (memtable.size() >= flushEntries) {
            flush();
        }
    }

    void flush() {
        if (!memtable.isEmpty()) {
            levels.getFirst().addFirst(new Table(memtable));
            memtable = new TreeMap<>();
        }
        settle(false);
    }

    /** What is done while nobody writes. */
    void idle() {
        settle(true);
    }

    private void settle(boolean idle) {
        while (step(idle)) {
            measure();
        }
        measure();
    }

    private boolean step(boolean idle) {
        dropUnreferenced();
        Compaction due = merges.pick(infos(), Set.of());
        if (due == null && idle) {
            due = merges.pickWhenIdle(infos(), Set.of());
        }
        if (due != null) {
            merge(due);
            return true;
        }
        long other = segments.values().stream()
                .filter(segment -> !collectable(segment))
                .mapToLong(segment -> segment.size)
                .sum();
        List<Collectable> candidates = segments.values().stream()
                .filter(this::collectable)
                .map(segment -> new Collectable(segment.id, segment.size, segment.original))
                .toList();
        Collection next = picker.pick(infos(), candidates, other, victims, Integer.MAX_VALUE, Set.of(), this::regarded);
        pass += next != null && !victims.containsAll(next.victims()) ? 1 : 0;
        victims = next == null ? Set.of() : next.victims();
        if (next == null) {
            return false;
        }
        if (next.step().isRewriting()) {
            rewrite(next.step().upper().getFirst(), next.step().level());
        } else {
            merge(next.step());
        }
        return true;
    }

    private long regarded(TableInfo table) {
        return regarded.getOrDefault(table.id(), table.maxRevision());
    }

    private boolean collectable(Segment segment) {
        return !segment.log || segment != active;
    }

    private List<List<TableInfo>> infos() {
        return levels.stream()
                .map(tables -> tables.stream().map(table -> table.info).toList())
                .toList();
    }

    private List<Table> tables(int level, List<TableInfo> infos) {
        Set<Long> wanted = new HashSet<>();
        infos.forEach(info -> wanted.add(info.id()));
        return levels.get(level).stream()
                .filter(table -> wanted.contains(table.info.id()))
                .toList();
    }

    private void merge(Compaction due) {
        int level = due.level();
        List<Table> upper = tables(level, due.upper());
        List<Table> lower = tables(level + 1, due.lower());
        levels.get(level).removeAll(upper);
        levels.get(level + 1).removeAll(lower);
        if (due.isMove()) {
            upper.forEach(table -> insert(level + 1, table));
            return;
        }
        TreeMap<Integer, Ref> all = new TreeMap<>();
        lower.forEach(table -> all.putAll(table.entries));
        upper.reversed().forEach(table -> all.putAll(table.entries));
        output(level + 1, all);
    }

    private void rewrite(TableInfo info, int level) {
        Table old = tables(level, List.of(info)).getFirst();
        levels.get(level).remove(old);
        TreeMap<Integer, Ref> left = new TreeMap<>(old.entries);
        for (int above = 0; above < level; above++) {
            levels.get(above).forEach(table -> left.keySet().removeAll(table.entries.keySet()));
        }
        long newest = levels.subList(0, level).stream()
                .flatMap(List::stream)
                .mapToLong(table -> table.info.maxRevision())
                .max()
                .orElse(0);
        for (Table written : output(level, left)) {
            regarded.put(written.info.id(), Math.max(newest, regarded(info)));
        }
    }

    private List<Table> output(int level, Map<Integer, Ref> entries) {
        List<Table> written = new ArrayList<>();
        TreeMap<Integer, Ref> table = new TreeMap<>();
        Segment target = null;
        for (Map.Entry<Integer, Ref> entry : entries.entrySet()) {
            int key = entry.getKey();
            Ref ref = entry.getValue();
            if (ref.segment == 0 && nothingBelow(level, key)) {
                continue;
            }
            if (victims.contains(ref.segment)) {
                if (target == null || target.size >= segmentBytes) {
                    target = new Segment(false);
                }
                target.add(key, storedBytes);
                writtenToValues += storedBytes;
                Ref moved = new Ref(target.id, ref.revision);
                truth.replace(key, ref, moved);
                ref = moved;
            }
            table.put(key, ref);
            if (table.size() >= tableEntries) {
                written.add(new Table(table));
                table = new TreeMap<>();
            }
        }
        if (!table.isEmpty()) {
            written.add(new Table(table));
        }
        written.forEach(one -> insert(level, one));
        return written;
    }

    private boolean nothingBelow(int level, int key) {
        return levels.subList(level + 1, levels.size()).stream()
                .flatMap(List::stream)
                .noneMatch(table -> table.entries.firstKey() <= key && table.entries.lastKey() >= key);
    }

    private void insert(int level, Table table) {
        levels.get(level).add(table);
        levels.get(level).sort((a, b) -> Integer.compare(a.entries.firstKey(), b.entries.firstKey()));
    }

    private void dropUnreferenced() {
        Set<Long> used = new HashSet<>();
        memtable.values().forEach(ref -> used.add(ref.segment));
        levels.forEach(tables ->
                tables.forEach(table -> used.addAll(table.info.segmentBytes().keySet())));
        used.add(active.id);
        segments.keySet().retainAll(used);
    }

    private void measure() {
        dropUnreferenced();
        highest = Math.max(highest, space());
        int runs = 0;
        for (int key = 0; key < truth.size(); key += 1 + truth.size() / 20) {
            Set<Long> passes = new HashSet<>();
            for (Segment segment : segments.values()) {
                if (!segment.log && segment.smallest <= key && key <= segment.largest) {
                    passes.add(segment.pass);
                }
            }
            runs = Math.max(runs, passes.size());
        }
        mostRuns = Math.max(mostRuns, runs);
    }

    /** Bytes of all files in relation to what was written and is still there, uncompressed. */
    double space() {
        long live = Math.max(1, truth.size()) * (long) FRAME_BYTES;
        return (double) fileBytes() / live;
    }

    long fileBytes() {
        long bytes =
                segments.values().stream().mapToLong(segment -> segment.size).sum();
        for (List<Table> tables : levels) {
            bytes += tables.stream().mapToLong(table -> table.info.sizeBytes()).sum();
        }
        return bytes;
    }

    void overwrite(int writes, RandomGenerator random) {
        List<Integer> keys = List.copyOf(truth.keySet());
        for (int i = 0; i < writes; i++) {
            put(keys.get(random.nextInt(keys.size())));
        }
    }

    /** Begins to measure. */
    void begin() {
        writtenToLog = 0;
        writtenToIndex = 0;
        writtenToValues = 0;
        highest = 0;
        mostRuns = 0;
    }

    Result result() {
        double log = writtenToLog;
        return new Result(
                (log + writtenToIndex + writtenToValues) / log,
                highest,
                mostRuns,
                writtenToIndex / log,
                writtenToValues / log);
    }
}
