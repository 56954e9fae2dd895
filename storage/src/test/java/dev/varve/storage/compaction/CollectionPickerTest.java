package dev.varve.storage.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.compaction.SpaceUse.Collectable;
import dev.varve.storage.index.TableInfo;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class CollectionPickerTest {

    private static final int ALL = Integer.MAX_VALUE;
    private final CollectionPicker picker = new CollectionPicker(100);

    private static TableInfo table(long id, int from, int to, long entries, Map<Long, Long> uses) {
        return new TableInfo(
                id,
                entries,
                entries,
                0,
                new byte[] {(byte) from},
                new byte[] {(byte) to},
                10 * id,
                10 * id + 9,
                new TreeMap<>(uses));
    }

    private static List<List<TableInfo>> levels(List<TableInfo> zero, List<TableInfo> one) {
        List<List<TableInfo>> levels = new ArrayList<>(List.of(zero, one));
        while (levels.size() < CompactionPicker.LEVELS) {
            levels.add(List.of());
        }
        return levels;
    }

    private static Collectable log(long id) {
        return new Collectable(id, 1000, 1000);
    }

    @Test
    void nothingIsDoneWhileLittleIsDead() {
        List<List<TableInfo>> levels =
                levels(List.of(), List.of(table(9, 1, 5, 10, Map.of(1L, 800L, 2L, 900L, 3L, 800L))));
        assertThat(picker.pick(
                        levels, List.of(log(1), log(2), log(3)), 0, Set.of(), ALL, Set.of(), TableInfo::maxRevision))
                .isNull();
    }

    @Test
    void whatIsMostDeadIsCollectedFirstAndTheRestOnlyAsFarAsNeeded() {
        List<List<TableInfo>> levels = levels(
                List.of(),
                List.of(
                        table(8, 1, 5, 10, Map.of(1L, 100L, 2L, 500L, 3L, 900L)),
                        table(9, 6, 9, 10, Map.of(1L, 100L, 2L, 100L, 3L, 100L))));
        Collection next = picker.pick(
                levels, List.of(log(1), log(2), log(3)), 0, Set.of(), ALL, Set.of(), TableInfo::maxRevision);
        assertThat(next)
                .isEqualTo(new Collection(
                        Set.of(1L), Compaction.rewriting(1, levels.get(1).getFirst())));
    }

    @Test
    void aPassGoesOnUntilNoTablePointsToItsVictims() {
        TableInfo first = table(8, 1, 5, 10, Map.of(1L, 900L));
        TableInfo second = table(9, 6, 9, 10, Map.of(1L, 90L, 2L, 900L));
        List<Collectable> segments = List.of(log(1), log(2));
        assertThat(picker.pick(
                        levels(List.of(), List.of(first, second)),
                        segments,
                        0,
                        Set.of(1L),
                        ALL,
                        Set.of(),
                        TableInfo::maxRevision))
                .as("although little is dead by now")
                .isEqualTo(new Collection(Set.of(1L), Compaction.rewriting(1, first)));
        TableInfo rewritten = table(10, 1, 5, 10, Map.of(3L, 900L));
        assertThat(picker.pick(
                        levels(List.of(), List.of(rewritten, second)),
                        segments,
                        0,
                        Set.of(1L),
                        ALL,
                        Set.of(),
                        TableInfo::maxRevision))
                .isEqualTo(new Collection(Set.of(1L), Compaction.rewriting(1, second)));
        TableInfo last = table(11, 6, 9, 10, Map.of(2L, 900L));
        assertThat(picker.pick(
                        levels(List.of(), List.of(rewritten, last)),
                        segments,
                        900,
                        Set.of(1L),
                        ALL,
                        Set.of(),
                        TableInfo::maxRevision))
                .isNull();
    }

    @Test
    void whileAStepIsUnderWayOthersOfItsPassBeginButNoNewPass() {
        TableInfo first = table(8, 1, 5, 10, Map.of(1L, 10L));
        TableInfo second = table(9, 6, 9, 10, Map.of(1L, 10L, 2L, 10L));
        List<List<TableInfo>> levels = levels(List.of(), List.of(first, second));
        List<Collectable> segments = List.of(log(1), log(2));
        assertThat(picker.pick(levels, segments, 0, Set.of(1L), 0, Set.of(8L), TableInfo::maxRevision))
                .isEqualTo(new Collection(Set.of(1L), Compaction.rewriting(1, second)));
        assertThat(picker.pick(levels, segments, 0, Set.of(1L), 0, Set.of(8L, 9L), TableInfo::maxRevision))
                .isNull();
        assertThat(picker.pick(levels, segments, 0, Set.of(), 0, Set.of(8L), TableInfo::maxRevision))
                .as("much is dead")
                .isNull();
        assertThat(picker.pick(levels, segments, 0, Set.of(), ALL, Set.of(8L), TableInfo::maxRevision))
                .isNotNull();
    }

    @Test
    void levelZeroIsMergedIfItPointsToAVictim() {
        List<List<TableInfo>> levels = levels(List.of(table(9, 1, 5, 10, Map.of(1L, 100L))), List.of());
        assertThat(picker.pick(levels, List.of(log(1)), 0, Set.of(), ALL, Set.of(), TableInfo::maxRevision))
                .isEqualTo(new Collection(Set.of(1L), new Compaction(0, levels.getFirst(), List.of())));
    }

    @Test
    void oneVictimIsChosenWhereSpaceIsScarce() {
        List<List<TableInfo>> levels =
                levels(List.of(), List.of(table(9, 1, 5, 10, Map.of(1L, 300L, 2L, 200L, 3L, 100L))));
        List<Collectable> segments = List.of(log(1), log(2), log(3));
        assertThat(picker.pick(levels, segments, 0, Set.of(), 1, Set.of(), TableInfo::maxRevision))
                .isEqualTo(new Collection(
                        Set.of(3L), Compaction.rewriting(1, levels.get(1).getFirst())));
    }

    @Test
    void aTableWhoseEntriesAreHiddenFromAboveIsWrittenAnewAndThenNoMore() {
        TableInfo tombstones = table(20, 1, 9, 90, Map.of());
        TableInfo hidden = table(9, 1, 5, 100, Map.of(1L, 1000L));
        List<Collectable> segments = List.of(log(1));
        assertThat(picker.pick(
                        levels(List.of(tombstones), List.of(hidden)),
                        segments,
                        0,
                        Set.of(),
                        ALL,
                        Set.of(),
                        TableInfo::maxRevision))
                .isEqualTo(new Collection(Set.of(), Compaction.rewriting(1, hidden)));
        assertThat(picker.pick(
                        levels(List.of(tombstones), List.of(hidden)),
                        segments,
                        0,
                        Set.of(),
                        ALL,
                        Set.of(),
                        table -> 209))
                .as("what was regarded when the table was written hides nothing now")
                .isNull();
    }

    @Test
    void tablesOfLevelZeroThatHideEachOtherAreMerged() {
        List<List<TableInfo>> levels =
                levels(List.of(table(12, 1, 9, 100, Map.of()), table(11, 1, 9, 100, Map.of(1L, 1000L))), List.of());
        assertThat(picker.pick(levels, List.of(log(1)), 0, Set.of(), ALL, Set.of(), TableInfo::maxRevision))
                .isEqualTo(new Collection(Set.of(), new Compaction(0, levels.getFirst(), List.of())));
    }

    @Test
    void compressionMakesRoom() {
        Collectable moved = new Collectable(1, 1000, 2000);
        List<List<TableInfo>> levels = levels(List.of(), List.of(table(9, 1, 5, 10, Map.of(1L, 600L))));
        assertThat(picker.pick(levels, List.of(moved), 0, Set.of(), ALL, Set.of(), TableInfo::maxRevision))
                .isNull();
        assertThat(picker.pick(levels, List.of(log(1)), 0, Set.of(), ALL, Set.of(), TableInfo::maxRevision))
                .isNotNull();
    }

    @Test
    void manyVictimsAreChosenAlthoughTheFilesAreBeyondTheBound() {
        List<List<TableInfo>> levels = levels(
                List.of(), List.of(table(9, 1, 5, 10, Map.of(1L, 100L, 2L, 100L, 3L, 100L, 4L, 900L, 5L, 900L))));
        List<Collectable> segments = List.of(log(1), log(2), log(3), log(4), log(5));
        assertThat(picker.pick(levels, segments, 0, Set.of(), ALL, Set.of(), TableInfo::maxRevision))
                .as("a pass for each would write the index three times")
                .isEqualTo(new Collection(
                        Set.of(1L, 2L, 3L),
                        Compaction.rewriting(1, levels.get(1).getFirst())));
    }

    private static SpaceUse use(double amplification) {
        return new SpaceUse((long) (1_000_000 * amplification), 1_100_000, 300_000, 100_000, Map.of());
    }

    @Test
    void theDebtRisesSteadilyOnceThePassShouldHaveBegun() {
        assertThat(picker.debt(use(CollectionPicker.DEBT_FROM))).isZero();
        double before = 0;
        for (double size = CollectionPicker.DEBT_FROM + 0.02; size < CollectionPicker.DEBT_TO; size += 0.02) {
            assertThat(picker.debt(use(size))).isBetween(before + 0.07, before + 0.09);
            before = picker.debt(use(size));
        }
        assertThat(picker.debt(use(CollectionPicker.DEBT_TO + 0.1))).isEqualTo(1);
    }

    @Test
    void onlyWhatTakesThePlaceOfSomethingHidesIt() {
        List<List<TableInfo>> levels =
                levels(List.of(table(9, 1, 5, 10, Map.of(2L, 1000L))), List.of(table(8, 1, 5, 10, Map.of(1L, 1000L))));
        double[] hidden = new double[2];
        for (int half = 0; half < 2; half++) {
            double share = half == 0 ? 1 : 0.5;
            SpaceUse use = SpaceUse.of(
                    levels, List.of(log(1), log(2)), 0, TableInfo::maxRevision, table -> table.id() == 9 ? share : 1);
            assertThat(use.hiddenBytes()).as("may be").isEqualTo(1000);
            hidden[half] = use.likelyHiddenBytes();
        }
        assertThat(hidden[0]).isBetween(631.0, 633.0);
        assertThat(hidden[1]).isBetween(392.0, 394.0);
    }

    @Test
    void whatNewKeysCannotHideIsNoDebt() {
        assertThat(picker.debt(new SpaceUse(1_500_000, 1_100_000, 300_000, 100_000, Map.of())))
                .isPositive();
        assertThat(picker.debt(new SpaceUse(1_500_000, 1_100_000, 300_000, 0, Map.of())))
                .isZero();
    }

    @Test
    void aFewSegmentsAreNoDebtHoweverLittleIsLive() {
        CollectionPicker picker = new CollectionPicker(250);
        assertThat(picker.debt(new SpaceUse(1000, 0, 0, 0, Map.of()))).isZero();
        assertThat(picker.debt(new SpaceUse(1500, 0, 0, 0, Map.of()))).isEqualTo(0.5);
        assertThat(picker.debt(new SpaceUse(0, 0, 0, 0, Map.of()))).isZero();
    }

    // ------------------------------------------------------------------------------------------------ at work

    private static CollectionSimulation filled(int keys, int storedBytes) {
        CollectionSimulation store = new CollectionSimulation(keys, storedBytes);
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < keys; i++) {
            order.add(i);
        }
        Collections.shuffle(order, new Random(1));
        order.forEach(store::put);
        return store;
    }

    @Test
    void randomOverwritesOfHalfCompressibleValuesKeepTheirBounds() {
        int keys = 30_000;
        CollectionSimulation store = filled(keys, 620);
        store.overwrite(2 * keys, new Random(2));
        store.begin();
        store.overwrite(3 * keys, new Random(3));
        CollectionSimulation.Result result = store.result();
        assertThat(result.highestSpace()).isLessThanOrEqualTo(1.5);
        assertThat(result.writeAmplification()).isLessThanOrEqualTo(2.2);
        assertThat(result.runs()).isLessThanOrEqualTo(12);
    }

    @Test
    void randomOverwritesOfValuesThatCannotBeCompressedKeepTheSpaceBound() {
        int keys = 30_000;
        CollectionSimulation store = filled(keys, 1040);
        store.overwrite(2 * keys, new Random(2));
        store.begin();
        store.overwrite(2 * keys, new Random(3));
        assertThat(store.result().highestSpace()).isLessThanOrEqualTo(1.5);
    }

    @Test
    void almostNothingIsLeftOnceEverythingHasBeenDeleted() {
        int keys = 20_000;
        CollectionSimulation store = filled(keys, 620);
        store.overwrite(keys, new Random(2));
        long before = store.fileBytes();
        for (int key = 0; key < keys; key++) {
            store.delete(key);
        }
        store.flush();
        store.idle();
        assertThat(store.fileBytes()).isLessThan(before / 20);
    }
}
