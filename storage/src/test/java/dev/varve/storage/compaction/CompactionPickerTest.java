package dev.varve.storage.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.index.TableInfo;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class CompactionPickerTest {

    private static final long TABLE = 1000;

    private final CompactionPicker picker = new CompactionPicker(TABLE);
    private final List<List<TableInfo>> levels = new ArrayList<>();
    private long lastId;

    CompactionPickerTest() {
        for (int i = 0; i < CompactionPicker.LEVELS; i++) {
            levels.add(new ArrayList<>());
        }
    }

    private TableInfo add(int level, String smallest, String largest, long bytes) {
        TableInfo table = new TableInfo(++lastId, bytes, 1, 0, bytes(smallest), bytes(largest), 1, 1, new TreeMap<>());
        levels.get(level).add(table);
        return table;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void nothingIsDueInAStoreWithFewTables() {
        assertThat(picker.pick(levels)).isNull();
        add(0, "a", "z", TABLE);
        add(0, "a", "z", TABLE);
        add(0, "a", "z", TABLE);
        add(1, "a", "z", 4 * TABLE - 1);
        assertThat(picker.pick(levels)).isNull();
    }

    @Test
    void allOfLevelZeroIsMergedWithWhatItOverlaps() {
        add(1, "a", "c", TABLE);
        TableInfo touched = add(1, "d", "f", TABLE);
        TableInfo alsoTouched = add(1, "g", "m", TABLE);
        add(1, "n", "z", TABLE - 1);
        add(0, "f", "g", TABLE);
        add(0, "g", "h", TABLE);
        add(0, "g", "i", TABLE);
        add(0, "h", "m", TABLE);
        Compaction due = picker.pick(levels);
        assertThat(due).isEqualTo(new Compaction(0, levels.getFirst(), List.of(touched, alsoTouched)));
    }

    @Test
    void ofALowerLevelTheTableWithTheLeastBelowItIsMerged() {
        add(1, "a", "f", 2 * TABLE);
        TableInfo cheap = add(1, "g", "m", 2 * TABLE);
        add(1, "n", "z", 2 * TABLE);
        add(2, "a", "c", TABLE);
        add(2, "d", "f", TABLE);
        TableInfo below = add(2, "h", "k", TABLE);
        add(2, "n", "o", TABLE);
        add(2, "p", "z", TABLE);
        assertThat(picker.pick(levels)).isEqualTo(new Compaction(1, List.of(cheap), List.of(below)));
    }

    @Test
    void aTableWithNothingBelowItIsMoved() {
        TableInfo alone = add(1, "a", "f", 3 * TABLE);
        add(1, "g", "z", 3 * TABLE);
        add(2, "h", "k", TABLE);
        Compaction due = picker.pick(levels);
        assertThat(due).isEqualTo(new Compaction(1, List.of(alone), List.of()));
        assertThat(due).extracting(Compaction::isMove).isEqualTo(true);
    }

    @Test
    void theLevelFurthestBeyondItsMeasureComesFirst() {
        for (int i = 0; i < 5; i++) {
            add(0, "a", "z", TABLE);
        }
        add(1, "a", "z", 8 * TABLE);
        assertThat(picker.pick(levels)).extracting(Compaction::level).isEqualTo(1);
        for (int i = 0; i < 4; i++) {
            add(0, "a", "z", TABLE);
        }
        assertThat(picker.pick(levels)).extracting(Compaction::level).isEqualTo(0);
    }

    @Test
    void eachLevelMayBeEightTimesLargerThanTheOneAbove() {
        add(2, "a", "z", 32 * TABLE - 1);
        assertThat(picker.pick(levels)).isNull();
        add(2, "zz", "zzz", 1);
        assertThat(picker.pick(levels)).extracting(Compaction::level).isEqualTo(2);
    }

    @Test
    void theLastLevelHasNoBound() {
        add(CompactionPicker.LEVELS - 1, "a", "z", Long.MAX_VALUE / 2);
        assertThat(picker.pick(levels)).isNull();
    }
}
