package dev.varve.storage.compaction;

import dev.varve.storage.index.TableInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link CompactionPicker} makes of a store whose keys are overwritten at random, without any data: a table is a range of the keys
 * between 0 and 1, and how many of them it has. A merge of tables that hold the shares a, b, ... of the keys of a range makes one with the
 * share 1 - (1 - a)(1 - b)... of them.
 */
final class CompactionSimulation {

    /** Bytes that one flush writes. */
    static final long UNIT = 1_000_000;

    private static final double ALL = 1L << 62;

    private final CompactionPicker picker = new CompactionPicker(UNIT);
    private final List<List<TableInfo>> levels = new ArrayList<>();
    private final double keysBytes;
    private long ids;
    private long flushes;
    private double written;
    private double runs;
    private int runsMax;
    private long jobBytesMax;
    private double spaceMax;

    /** @param units how much all keys take, each once, in flushes */
    CompactionSimulation(int units) {
        this.keysBytes = (double) units * UNIT;
        for (int i = 0; i < CompactionPicker.LEVELS; i++) {
            levels.add(new ArrayList<>());
        }
    }

    /** Flushes so often, and merges after each flush until nothing is due; what is told begins anew. */
    CompactionSimulation run(int count) {
        flushes = 0;
        written = 0;
        runs = 0;
        runsMax = 0;
        jobBytesMax = 0;
        spaceMax = 0;
        for (int i = 0; i < count; i++) {
            double distinct = keysBytes * -Math.expm1(-UNIT / keysBytes);
            levels.getFirst().addFirst(table(0, 1, distinct));
            written += distinct;
            flushes++;
            merge();
        }
        return this;
    }

    private void merge() {
        for (Compaction due = next(); due != null; due = next()) {
            jobBytesMax = Math.max(jobBytesMax, due.inputBytes());
            List<TableInfo> result = due.isMove() ? due.upper() : union(due);
            written += due.isMove() ? 0 : Compaction.sizeBytes(result);
            levels.get(due.level()).removeAll(due.upper());
            List<TableInfo> below = levels.get(due.level() + 1);
            below.removeAll(due.lower());
            below.addAll(result);
            below.sort(Comparator.comparingDouble(CompactionSimulation::from));
        }
        int now = levels.getFirst().size()
                + (int) levels.stream()
                        .skip(1)
                        .filter(level -> !level.isEmpty())
                        .count();
        runs += now;
        runsMax = Math.max(runsMax, now);
        spaceMax = Math.max(
                spaceMax, levels.stream().mapToLong(Compaction::sizeBytes).sum() / keysBytes);
    }

    private @Nullable Compaction next() {
        return picker.pick(levels, Set.of());
    }

    private List<TableInfo> union(Compaction due) {
        List<TableInfo> inputs = due.inputs().toList();
        TreeSet<Double> bounds = new TreeSet<>();
        inputs.forEach(table -> bounds.addAll(List.of(from(table), to(table))));
        long tableBytes = picker.outputBytes(levels);
        List<TableInfo> result = new ArrayList<>();
        double begin = bounds.getFirst();
        double bytes = 0;
        for (double from = begin; from < bounds.getLast(); ) {
            double to = bounds.higher(from);
            double dense = density(inputs, from, to);
            double room = (tableBytes - bytes) / dense;
            if (from + room < to) {
                result.add(table(begin, from + room, (double) tableBytes));
                from += room;
                begin = from;
                bytes = 0;
            } else {
                bytes += dense * (to - from);
                from = to;
            }
        }
        if (bytes >= 1) {
            result.add(table(begin, bounds.getLast(), bytes));
        }
        return result;
    }

    /** Bytes of distinct keys per width of range. */
    private double density(List<TableInfo> inputs, double from, double to) {
        double missing = 1;
        for (TableInfo table : inputs) {
            if (from(table) <= from && to(table) >= to) {
                missing *= Math.max(0, 1 - table.sizeBytes() / (to(table) - from(table)) / keysBytes);
            }
        }
        return Math.max(1, keysBytes * (1 - missing));
    }

    private TableInfo table(double from, double to, double bytes) {
        return new TableInfo(++ids, Math.round(bytes), 1, 0, key(from), key(Math.nextDown(to)), 1, 1, new TreeMap<>());
    }

    private static byte[] key(double at) {
        return ByteBuffer.allocate(8).putLong((long) (at * ALL)).array();
    }

    private static double from(TableInfo table) {
        return ByteBuffer.wrap(table.smallestKey()).getLong() / ALL;
    }

    private static double to(TableInfo table) {
        return Math.nextUp(ByteBuffer.wrap(table.largestKey()).getLong() / ALL);
    }

    /** Bytes written by flushes and merges for each byte that was flushed. */
    double writeAmplification() {
        return written / flushes / (keysBytes * -Math.expm1(-UNIT / keysBytes));
    }

    /** In how many places a key may have to be looked for, on average. */
    double runs() {
        return runs / flushes;
    }

    /** The same at most. */
    int runsMax() {
        return runsMax;
    }

    /** The largest merge, in flushes. */
    double jobUnitsMax() {
        return (double) jobBytesMax / UNIT;
    }

    /** Bytes of tables for each byte of distinct keys, at most. */
    double spaceMax() {
        return spaceMax;
    }

    @Override
    public String toString() {
        return String.format(
                "write amplification %.2f, runs %.1f, at most %d, space %.2f, largest merge %.1f units",
                writeAmplification(), runs(), runsMax, spaceMax, jobUnitsMax());
    }
}
