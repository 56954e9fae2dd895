package dev.varve.storage.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RangeTombstonesTest {

    private static final int KEYS = 40;

    /** A tombstone as it was added. */
    private record Range(int start, int end, long revision) {
        boolean covers(int key) {
            return start <= key && key < end;
        }
    }

    private static byte[] key(int i) {
        return new byte[] {0, (byte) i};
    }

    private static RangeTombstones with(RangeTombstones ranges, Range range) {
        return ranges.with(key(range.start), key(range.end), range.revision);
    }

    private static Range range(Random random, int most) {
        int start = random.nextInt(KEYS - 1);
        return new Range(start, start + 1 + random.nextInt(KEYS - start - 1), 1 + random.nextInt(most));
    }

    private static long covering(List<Range> ranges, int key, long maxRevision) {
        return ranges.stream()
                .filter(range -> range.covers(key) && range.revision <= maxRevision)
                .mapToLong(Range::revision)
                .max()
                .orElse(0);
    }

    private static void assertSame(RangeTombstones ranges, List<Range> expected) {
        for (int key = 0; key < KEYS; key++) {
            for (long revision = 0; revision <= 12; revision++) {
                assertThat(ranges.covering(key(key), 2, revision))
                        .as(ranges + ", key " + key + " at " + revision)
                        .isEqualTo(covering(expected, key, revision));
            }
        }
        int count = 0;
        byte[] last = new byte[0];
        for (RangeTombstones.Fragment fragment : ranges.fragments()) {
            assertThat(Arrays.compareUnsigned(last, fragment.start())).isNotPositive();
            assertThat(Arrays.compareUnsigned(fragment.start(), fragment.end())).isNegative();
            assertThat(fragment.revisions()).doesNotHaveDuplicates();
            last = fragment.end();
            count += fragment.revisions().length;
        }
        assertThat(ranges.count()).isEqualTo(count);
        assertThat(ranges.isEmpty()).isEqualTo(count == 0);
    }

    @Test
    void aKeyIsCoveredByTheNewestRangeThatIsNotTooNew() {
        Random random = new Random(1);
        for (int i = 0; i < 300; i++) {
            List<Range> added = new ArrayList<>();
            RangeTombstones ranges = RangeTombstones.NONE;
            for (int j = random.nextInt(8); j >= 0; j--) {
                Range range = range(random, 10);
                added.add(range);
                ranges = with(ranges, range);
            }
            assertSame(ranges, added);
        }
    }

    @Test
    void severalSetsTogetherSayWhatEachSays() {
        Random random = new Random(2);
        for (int i = 0; i < 300; i++) {
            List<Range> added = new ArrayList<>();
            List<RangeTombstones> sets = new ArrayList<>();
            for (int j = random.nextInt(5); j > 0; j--) {
                RangeTombstones set = RangeTombstones.NONE;
                for (int k = random.nextInt(4); k > 0; k--) {
                    Range range = range(random, 10);
                    added.add(range);
                    set = with(set, range);
                }
                sets.add(set);
            }
            assertSame(RangeTombstones.union(sets), added);
        }
    }

    @Test
    void aPartSaysTheSameWithinItsBoundsAndNothingBeyond() {
        Random random = new Random(3);
        for (int i = 0; i < 300; i++) {
            List<Range> added = List.of(range(random, 10), range(random, 10), range(random, 10));
            RangeTombstones ranges = RangeTombstones.NONE;
            for (Range range : added) {
                ranges = with(ranges, range);
            }
            int from = random.nextInt(KEYS);
            int to = from + random.nextInt(KEYS - from);
            List<Range> cut = added.stream()
                    .map(r -> new Range(Math.max(r.start, from), Math.min(r.end, to), r.revision))
                    .filter(r -> r.start < r.end)
                    .toList();
            assertSame(ranges.within(key(from), key(to)), cut);
            assertSame(
                    RangeTombstones.union(List.of(ranges.within(null, key(from)), ranges.within(key(from), null))),
                    added);
            assertSame(ranges.within(null, null), added);
        }
    }

    @Test
    void whatWasCutAndIsPutTogetherAgainIsOneFragment() {
        RangeTombstones ranges = RangeTombstones.NONE.with(key(1), key(9), 5);
        RangeTombstones parts =
                RangeTombstones.union(List.of(ranges.within(null, key(4)), ranges.within(key(4), null)));
        assertThat(parts.fragments()).hasSize(1);
    }

    @Test
    void aStretchEndsWhereTheNewestTombstoneChanges() {
        Random random = new Random(4);
        for (int i = 0; i < 300; i++) {
            List<Range> added = List.of(range(random, 10), range(random, 10), range(random, 10));
            RangeTombstones one = with(with(RangeTombstones.NONE, added.get(0)), added.get(1));
            RangeTombstones other = with(RangeTombstones.NONE, added.get(2));
            int key = random.nextInt(KEYS);
            long revision = random.nextInt(12);
            Stretch stretch = new Stretch();
            one.narrow(stretch, key(key), 2, revision);
            other.narrow(stretch, key(key), 2, revision);
            assertThat(stretch.contains(key(key), 2)).isTrue();
            for (int k = 0; k < KEYS; k++) {
                if (stretch.contains(key(k), 2)) {
                    assertThat(stretch.revision()).isEqualTo(covering(added, k, revision));
                }
            }
        }
    }

    @Test
    void aSelectionDropsRevisionsAndFragments() {
        RangeTombstones ranges = RangeTombstones.NONE.with(key(1), key(5), 3).with(key(3), key(8), 7);
        RangeTombstones odd = ranges.select(fragment -> fragment.revisions()[0] == 7 ? new long[] {7} : new long[0]);
        assertSame(odd, List.of(new Range(3, 8, 7)));
        assertThat(odd.fragments()).hasSize(1);
        assertThat(ranges.select(fragment -> new long[0])).isSameAs(RangeTombstones.NONE);
    }

    @Test
    void theKeyBehindAnEndIsNotCovered() {
        RangeTombstones ranges = RangeTombstones.NONE.with(key(1), key(5), 3);
        assertThat(ranges.covering(new byte[] {0, 4, (byte) 0xff}, 3, 9)).isEqualTo(3);
        assertThat(ranges.covering(new byte[] {0, 5, 0}, 3, 9)).isZero();
        assertThat(ranges.covering(new byte[] {0, 1, 7}, 2, 9)).isEqualTo(3);
        assertThat(ranges.covering(new byte[] {0}, 1, 9)).isZero();
    }

    @Test
    void fragmentsThatOverlapAreRefused() {
        for (List<RangeTombstones.Fragment> wrong : List.of(
                List.of(fragment(1, 5, 3), fragment(4, 6, 3)),
                List.of(fragment(4, 6, 3), fragment(1, 4, 3)),
                List.of(fragment(4, 4, 3)),
                List.of(fragment(1, 5, 3, 3)),
                List.of(fragment(1, 5, 3, 4)),
                List.of(fragment(1, 5)))) {
            assertThatThrownBy(() -> RangeTombstones.of(wrong)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(RangeTombstones.of(List.of(fragment(1, 5, 4, 3), fragment(5, 6, 9)))
                        .count())
                .isEqualTo(3);
    }

    private static RangeTombstones.Fragment fragment(int start, int end, long... revisions) {
        return new RangeTombstones.Fragment(key(start), key(end), revisions);
    }
}
