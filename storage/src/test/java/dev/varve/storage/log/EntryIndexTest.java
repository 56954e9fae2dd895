package dev.varve.storage.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EntryIndexTest {

    private final EntryIndex entries = new EntryIndex();

    /** Entry i of the run stands at 64 + 100 i. */
    private void add(long from, long to, int segment) {
        for (long index = from; index <= to; index++) {
            entries.add(index, LogPosition.of(segment, (int) (64 + 100 * index)));
        }
    }

    private static EntryIndex.Start start(int segment, long keptIndex, int skip) {
        return new EntryIndex.Start(LogPosition.of(segment, (int) (64 + 100 * keptIndex)), skip);
    }

    @Test
    void anEntryIsFoundFromTheLastKeptPlaceBeforeIt() {
        add(10, 200, 0);
        assertThat(entries.find(10)).isEqualTo(start(0, 10, 0));
        assertThat(entries.find(41)).isEqualTo(start(0, 10, 31));
        assertThat(entries.find(42)).isEqualTo(start(0, 42, 0));
        assertThat(entries.find(200)).isEqualTo(start(0, 10 + 5 * 32, 30));
    }

    @Test
    void nobodyWalksFromOneSegmentIntoTheNext() {
        add(1, 5, 0);
        add(6, 7, 1);
        assertThat(entries.find(5)).isEqualTo(start(0, 1, 4));
        assertThat(entries.find(6)).isEqualTo(start(1, 6, 0));
    }

    @Test
    void whatIsNotThereIsRefused() {
        assertThatThrownBy(() -> entries.find(1)).isInstanceOf(IllegalArgumentException.class);
        add(10, 12, 0);
        for (long index : new long[] {9, 13}) {
            assertThatThrownBy(() -> entries.find(index))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("entry " + index);
        }
    }

    @Test
    void anIndexThatIsUsedAgainIsNotSoughtByWalkingOverTheVoidEntries() {
        add(1, 20, 0);
        entries.truncateSuffix(5);
        assertThat(entries.find(5)).isEqualTo(start(0, 1, 4));
        assertThatThrownBy(() -> entries.find(6)).isInstanceOf(IllegalArgumentException.class);
        entries.add(6, LogPosition.of(0, 9_000));
        entries.add(7, LogPosition.of(0, 9_100));
        assertThat(entries.find(7)).isEqualTo(new EntryIndex.Start(LogPosition.of(0, 9_000), 1));
        assertThat(entries.find(5)).isEqualTo(start(0, 1, 4));
    }

    @Test
    void everythingCanBeTruncatedAndBegunAnewElsewhere() {
        add(1, 50, 0);
        entries.truncateSuffix(0);
        assertThat(entries.oldestSegment()).isEqualTo(-1);
        add(1_000, 1_001, 3);
        assertThat(entries.find(1_001)).isEqualTo(start(3, 1_000, 1));
        assertThat(entries.oldestSegment()).isEqualTo(3);
    }

    @Test
    void segmentsBelowTheFirstKeptEntryAreNeededNoMore() {
        add(1, 5, 0);
        add(6, 9, 1);
        add(10, 12, 2);
        entries.truncatePrefix(5);
        assertThat(entries.oldestSegment()).isZero();
        entries.truncatePrefix(6);
        assertThat(entries.oldestSegment()).isEqualTo(1);
        entries.truncatePrefix(100);
        assertThat(entries.oldestSegment()).isEqualTo(-1);
    }

    @Test
    void itFindsWhatAMapWouldThroughAppendsTruncationsAndRolls() {
        Random random = new Random(11);
        Map<Long, Long> model = new HashMap<>();
        // What stands in the segment: the offset of the n-th entry behind a kept place is found by walking.
        Map<Long, Long> next = new HashMap<>();
        long last = 0;
        int segment = 0;
        int offset = 64;
        long previous = -1;
        for (int step = 0; step < 20_000; step++) {
            int what = random.nextInt(200);
            if (what == 0 && last > 0) {
                last -= Math.min(last, random.nextInt(100));
                long kept = last;
                model.keySet().removeIf(index -> index > kept);
                entries.truncateSuffix(kept);
            } else if (what == 1) {
                segment++;
                offset = 64;
                previous = -1;
            } else {
                long position = LogPosition.of(segment, offset += 56 + random.nextInt(500));
                model.put(++last, position);
                entries.add(last, position);
                if (previous >= 0) {
                    next.put(previous, position);
                }
                previous = position;
            }
        }
        assertThat(model).hasSizeGreaterThan(5_000);
        for (Map.Entry<Long, Long> entry : model.entrySet()) {
            EntryIndex.Start start = entries.find(entry.getKey());
            Long at = start.position();
            for (int i = 0; i < start.skip(); i++) {
                at = next.get(at);
            }
            assertThat(at).as("entry %d", entry.getKey()).isEqualTo(entry.getValue());
        }
    }
}
