package dev.varve.storage.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.index.SegmentBytes;
import dev.varve.storage.index.TableInfo;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CompactionPickerTest {

    private static final long TABLE = 1000;

    private final CompactionPicker picker = new CompactionPicker(TABLE);
    private final List<List<TableInfo>> levels = new ArrayList<>();
    private final Set<Long> held = new HashSet<>();
    private long lastId;

    CompactionPickerTest() {
        for (int i = 0; i < CompactionPicker.LEVELS; i++) {
            levels.add(new ArrayList<>());
        }
    }

    private TableInfo add(int level, String smallest, String largest, long bytes) {
        TableInfo table = table(smallest, largest, bytes);
        levels.get(level).add(table);
        return table;
    }

    private TableInfo table(String smallest, String largest, long bytes) {
        return new TableInfo(++lastId, bytes, 1, 0, bytes(smallest), bytes(largest), 1, 1, new TreeMap<>());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private @Nullable Compaction pick() {
        return picker.pick(levels, held);
    }

    private void young(int count, String smallest, String largest) {
        for (int i = 0; i < count; i++) {
            levels.getFirst().addFirst(table(smallest, largest, TABLE));
        }
    }

    @Test
    void nothingIsDueInAStoreWithFewTables() {
        assertThat(pick()).isNull();
        young(CompactionPicker.YOUNG_TABLES - 1, "a", "z");
        add(1, "a", "z", CompactionPicker.LONE_UNITS * TABLE - 1);
        assertThat(pick()).isNull();
    }

    @Test
    void allOfLevelZeroIsMergedWithWhatItOverlaps() {
        add(1, "a", "c", TABLE);
        TableInfo touched = add(1, "d", "f", TABLE);
        TableInfo alsoTouched = add(1, "g", "m", TABLE);
        add(1, "n", "z", TABLE - 1);
        young(1, "f", "g");
        young(6, "g", "i");
        young(1, "h", "m");
        assertThat(pick()).isEqualTo(new Compaction(0, levels.getFirst(), List.of(touched, alsoTouched)));
    }

    @Test
    void tablesOfLevelZeroThatOverlapNothingAreMovedOldestFirst() {
        for (char c = 'a'; c < 'a' + CompactionPicker.YOUNG_TABLES; c++) {
            young(1, "" + c, c + "z");
        }
        assertThat(pick())
                .isEqualTo(new Compaction(0, List.of(levels.getFirst().getLast()), List.of()))
                .extracting(Compaction::isMove)
                .isEqualTo(true);
        young(1, "a", "b");
        assertThat(pick()).as("a newer one has its keys").isEqualTo(new Compaction(0, levels.getFirst(), List.of()));
    }

    @Test
    void aSmallStoreHasOneLevelBelowLevelZero() {
        add(1, "a", "y", CompactionPicker.LONE_UNITS * TABLE - 1);
        assertThat(pick()).isNull();
        TableInfo last = add(1, "z", "z", 1);
        assertThat(pick()).extracting(Compaction::level).isEqualTo(1);
        levels.get(1).remove(last);
        add(2, "a", "b", TABLE);
        assertThat(pick())
                .as("with something below it, it may have eight units")
                .extracting(Compaction::level)
                .isEqualTo(1);
    }

    @Test
    void ofALowerLevelTheTableWithTheLeastBelowItIsMerged() {
        add(1, "a", "f", 4 * TABLE);
        TableInfo cheap = add(1, "g", "m", 4 * TABLE);
        add(1, "n", "z", 4 * TABLE);
        add(2, "a", "c", TABLE);
        add(2, "d", "f", TABLE);
        TableInfo below = add(2, "h", "k", TABLE);
        add(2, "n", "o", TABLE);
        add(2, "p", "z", TABLE);
        assertThat(pick()).isEqualTo(new Compaction(1, List.of(cheap), List.of(below)));
    }

    @Test
    void aTableWithNothingBelowItIsMoved() {
        TableInfo alone = add(1, "a", "f", 6 * TABLE);
        add(1, "g", "z", 6 * TABLE);
        add(2, "h", "k", TABLE);
        assertThat(pick())
                .isEqualTo(new Compaction(1, List.of(alone), List.of()))
                .extracting(Compaction::isMove)
                .isEqualTo(true);
    }

    @Test
    void theLevelFurthestBeyondItsMeasureComesFirst() {
        young(9, "a", "z");
        add(1, "a", "z", 20 * TABLE);
        add(2, "a", "z", TABLE);
        assertThat(pick()).extracting(Compaction::level).isEqualTo(1);
        young(12, "a", "z");
        assertThat(pick()).extracting(Compaction::level).isEqualTo(0);
    }

    @Test
    void eachLevelMayBeEightTimesLargerThanTheOneAbove() {
        add(2, "a", "z", 64 * TABLE - 1);
        assertThat(pick()).isNull();
        add(2, "zz", "zzz", 1);
        assertThat(pick()).extracting(Compaction::level).isEqualTo(2);
    }

    @Test
    void theLastLevelHasNoBound() {
        add(CompactionPicker.LEVELS - 1, "a", "z", Long.MAX_VALUE / 2);
        assertThat(pick()).isNull();
    }

    @Test
    void sizesAreCountedInWhatOneFlushWrites() {
        for (char c = 'a'; c < 'a' + CompactionPicker.LONE_UNITS; c++) {
            add(1, "" + c, "" + c, TABLE / 10);
        }
        assertThat(pick())
                .as("sixteen small units")
                .extracting(Compaction::level)
                .isEqualTo(1);
        assertThat(picker.outputBytes(levels)).isBetween(TABLE / 20, TABLE / 10);
        young(1, "a", "z");
        assertThat(pick()).as("less than two units").isNull();
        assertThat(picker.outputBytes(levels)).isBetween(TABLE / 2, TABLE);
    }

    @Test
    void flushesOfNextToNothingMakeNoSmallLevels() {
        for (char c = 'a'; c < 'z'; c++) {
            add(1, "" + c, "" + c, 1);
        }
        assertThat(pick()).isNull();
    }

    @Test
    void tablesThatOthersMergeAreNotTaken() {
        TableInfo first = add(1, "a", "f", 6 * TABLE);
        TableInfo second = add(1, "g", "m", 6 * TABLE);
        TableInfo shared = add(2, "e", "h", TABLE);
        held.add(first.id());
        assertThat(pick()).isEqualTo(new Compaction(1, List.of(second), List.of(shared)));
        held.add(shared.id());
        assertThat(pick()).as("what it overlaps is taken").isNull();
    }

    @Test
    void aLowerLevelIsMergedWhileLevelZeroIs() {
        young(16, "a", "f");
        TableInfo below = add(1, "a", "f", TABLE);
        add(2, "a", "m", 40 * TABLE);
        add(2, "n", "z", 40 * TABLE);
        add(3, "a", "z", TABLE);
        Compaction first = pick();
        assertThat(first).isEqualTo(new Compaction(0, levels.getFirst(), List.of(below)));
        levels.getFirst().forEach(table -> held.add(table.id()));
        held.add(below.id());
        young(16, "a", "f");
        assertThat(pick()).extracting(Compaction::level).isEqualTo(2);
    }

    @Test
    void noTableOfLevelZeroGoesBelowAnOlderOne() {
        young(8, "a", "z");
        TableInfo damaged = levels.getFirst().get(3);
        held.add(damaged.id());
        assertThat(pick()).isEqualTo(new Compaction(0, levels.getFirst().subList(4, 8), List.of()));
        held.add(levels.getFirst().getLast().id());
        assertThat(pick()).isNull();
    }

    @Test
    void whatIsDueIsTheMoreUrgentTheFurtherALevelIsBeyondItsMeasure() {
        young(CompactionPicker.YOUNG_TABLES - 1, "a", "z");
        assertThat(picker.isDue(levels)).isFalse();
        young(1, "a", "z");
        assertThat(picker.urgency(levels)).isZero();
        assertThat(picker.isDue(levels)).isTrue();
        young(CompactionPicker.YOUNG_TABLES / 2, "a", "z");
        assertThat(picker.urgency(levels)).isEqualTo(0.5);
        add(1, "a", "z", 3 * CompactionPicker.LONE_UNITS * TABLE);
        assertThat(picker.urgency(levels)).isEqualTo(1);
    }

    @Test
    void writersAreInDebtFromTwiceAsManyYoungTablesAsMakeAMergeDue() {
        assertThat(CompactionPicker.debt(2 * CompactionPicker.YOUNG_TABLES)).isZero();
        assertThat(CompactionPicker.debt(2 * CompactionPicker.YOUNG_TABLES + 2)).isEqualTo(0.25);
        assertThat(CompactionPicker.debt(5 * CompactionPicker.YOUNG_TABLES)).isEqualTo(1);
    }

    @Test
    void whenIdleLevelZeroIsMergedUnlessThatRewritesMuch() {
        young(1, "a", "z");
        assertThat(picker.pickWhenIdle(levels, held)).isNull();
        young(1, "a", "z");
        TableInfo below = add(1, "a", "z", 4 * TABLE);
        assertThat(pick()).isNull();
        assertThat(picker.pickWhenIdle(levels, held)).isEqualTo(new Compaction(0, levels.getFirst(), List.of(below)));
        levels.get(1).set(0, table("a", "z", 4 * TABLE + 1));
        assertThat(picker.pickWhenIdle(levels, held)).isNull();
    }

    private TableInfo removing(int entries, int tombstones, int ranges) {
        return new TableInfo(
                ++lastId, TABLE, entries, tombstones, ranges, bytes("c"), bytes("m"), 1, 1, SegmentBytes.NONE);
    }

    @Test
    void whenIdleWhatRemovesGoesDownToWhatItHidesHoweverMuchThatRewrites() {
        TableInfo ranges = removing(0, 0, 1);
        levels.getFirst().addFirst(ranges);
        TableInfo below = add(1, "a", "d", 3 * TABLE);
        TableInfo deep = add(3, "k", "z", 3 * TABLE);
        assertThat(pick()).isNull();
        assertThat(picker.pickWhenIdle(levels, held)).isEqualTo(new Compaction(0, List.of(ranges), List.of(below)));
        levels.getFirst().clear();
        levels.get(1).set(0, ranges);
        assertThat(picker.pickWhenIdle(levels, held))
                .as("it still hides something further down")
                .isEqualTo(new Compaction(1, List.of(ranges), List.of()));
        held.add(ranges.id());
        assertThat(picker.pickWhenIdle(levels, held)).isNull();
        held.clear();
        levels.get(1).set(0, removing(10, 5, 0));
        assertThat(picker.pickWhenIdle(levels, held))
                .as("half of it sets values")
                .isNull();
        TableInfo mostly = removing(10, 6, 0);
        levels.get(1).set(0, mostly);
        assertThat(picker.pickWhenIdle(levels, held)).isEqualTo(new Compaction(1, List.of(mostly), List.of()));
        levels.get(3).remove(deep);
        assertThat(picker.pickWhenIdle(levels, held)).as("it hides nothing").isNull();
    }
}
