package dev.varve.storage.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentReadsTest {

    private static final int PAGE = 4096;
    private static final int PAGES = 1 << 12;

    private final RecentReads reads = new RecentReads(PAGES);

    @Test
    void whatWasReadIsKnownTheSecondTime() {
        assertThat(reads.contains(1, 5 * PAGE)).isFalse();
        assertThat(reads.add(1, 5 * PAGE)).isFalse();
        assertThat(reads.contains(1, 5 * PAGE)).isTrue();
        assertThat(reads.add(1, 5 * PAGE)).isTrue();
    }

    @Test
    void placesOfOnePageAreOneAndThoseOfOthersAreNot() {
        reads.add(1, 5 * PAGE + 17);
        assertThat(reads.contains(1, 6 * PAGE - 1)).isTrue();
        assertThat(reads.contains(1, 6 * PAGE)).isFalse();
        assertThat(reads.contains(1, 5 * PAGE - 1)).isFalse();
        assertThat(reads.contains(2, 5 * PAGE)).isFalse();
    }

    @Test
    void mostOfWhatItHasRoomForIsRememberedAndWhatIsOldIsNot() {
        for (int page = 0; page < PAGES / 4; page++) {
            reads.add(7, (long) page * PAGE);
        }
        assertThat(known(0, PAGES / 4)).isGreaterThan(PAGES / 4 * 8 / 10);
        for (int page = PAGES; page < 9 * PAGES; page++) {
            reads.add(7, (long) page * PAGE);
        }
        assertThat(known(0, PAGES / 4)).isLessThan(PAGES / 4 / 20);
    }

    private int known(int from, int count) {
        int known = 0;
        for (int page = from; page < from + count; page++) {
            known += reads.contains(7, (long) page * PAGE) ? 1 : 0;
        }
        return known;
    }

    @Test
    void anyRoomWillDo() {
        RecentReads small = new RecentReads(1);
        small.add(1, 0);
        assertThat(small.contains(1, 0)).isTrue();
        small.add(2, 0);
        assertThat(small.contains(2, 0)).isTrue();
        assertThat(RecentReads.ofProcess()).isSameAs(RecentReads.ofProcess());
    }
}
