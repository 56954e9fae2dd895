package dev.varve.storage.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.index.RangeTombstones;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LiveVersionsTest {

    private static final LiveVersions.Depths OLDER_BELOW = (key, length) -> true;
    private static final LiveVersions.Depths NOTHING_BELOW = (key, length) -> false;

    /** Which of these are kept; {@code k7} is a version of k with revision 7, {@code k7-} its removal. */
    private static List<String> kept(LiveVersions live, String... versions) {
        List<String> kept = new ArrayList<>();
        for (String version : versions) {
            byte[] key = version.substring(0, 1).getBytes(StandardCharsets.UTF_8);
            boolean tombstone = version.endsWith("-");
            long revision = Long.parseLong(version.substring(1).replace("-", ""));
            if (live.keep(key, key.length, revision, tombstone)) {
                kept.add(version);
            }
        }
        return kept;
    }

    private static LiveVersions live(long visible, LiveVersions.Depths depths, long... registered) {
        return live(RangeTombstones.NONE, visible, depths, registered);
    }

    private static LiveVersions live(
            RangeTombstones ranges, long visible, LiveVersions.Depths depths, long... registered) {
        return new LiveVersions(visible, registered, ranges, depths);
    }

    /** Tombstones of the keys from a to m with these revisions. */
    private static RangeTombstones removed(long... revisions) {
        RangeTombstones ranges = RangeTombstones.NONE;
        for (long revision : revisions) {
            ranges = ranges.with(new byte[] {'a'}, new byte[] {'n'}, revision);
        }
        return ranges;
    }

    private static List<Long> keptTombstones(LiveVersions live) {
        return live.rangeTombstones().fragments().stream()
                .flatMapToLong(fragment -> Arrays.stream(fragment.revisions()))
                .boxed()
                .toList();
    }

    @Test
    void withoutReadersTheNewestVisibleVersionIsKept() {
        assertThat(kept(live(9, OLDER_BELOW, 9), "a7", "a5", "a1", "b2")).containsExactly("a7", "b2");
    }

    @Test
    void whatIsNotVisibleYetIsKept() {
        assertThat(kept(live(9, OLDER_BELOW, 9), "a12", "a10", "a9", "a8")).containsExactly("a12", "a10", "a9");
    }

    @Test
    void whatBecameVisibleWhileTheRegisteredWereTakenIsKept() {
        assertThat(kept(live(5, OLDER_BELOW, 9), "a8", "a6", "a4")).containsExactly("a8", "a6");
    }

    @Test
    void eachReaderKeepsTheNewestItSees() {
        assertThat(kept(live(9, OLDER_BELOW, 3, 6, 9), "a8", "a7", "a5", "a4", "a3", "a2"))
                .containsExactly("a8", "a5", "a3");
        assertThat(kept(live(9, OLDER_BELOW, 3, 6, 9), "a2", "a1")).containsExactly("a2");
    }

    @Test
    void ofTwoChangesWithOneRevisionTheFirstCounts() {
        assertThat(kept(live(9, OLDER_BELOW, 9), "a10", "a10-", "b7-", "b7")).containsExactly("a10", "b7-");
    }

    @Test
    void aRemovalGoesOnHidingWhatIsBelow() {
        assertThat(kept(live(9, OLDER_BELOW, 9), "a7-", "a5")).containsExactly("a7-");
    }

    @Test
    void aRemovalThatHidesNothingGoesWithWhatItHid() {
        assertThat(kept(live(9, NOTHING_BELOW, 9), "a7-", "a5", "b6")).containsExactly("b6");
    }

    @Test
    void aRemovalStaysWhileAReaderSeesWhatItHides() {
        assertThat(kept(live(9, NOTHING_BELOW, 5, 9), "a7-", "a5", "a2")).containsExactly("a7-", "a5");
    }

    @Test
    void aRemovalGoesIfTheOldestReaderSeesNothingElse() {
        assertThat(kept(live(9, NOTHING_BELOW, 7, 9), "a7-", "a5")).isEmpty();
        assertThat(kept(live(9, NOTHING_BELOW, 7, 9), "a8", "a7-", "a5")).containsExactly("a8");
    }

    @Test
    void aRemovalThatIsNotVisibleYetIsKept() {
        assertThat(kept(live(9, NOTHING_BELOW, 9), "a10-", "a4")).containsExactly("a10-", "a4");
    }

    @Test
    void whatARangeTombstoneHidesFromEveryReaderGoes() {
        assertThat(kept(live(removed(6), 9, OLDER_BELOW, 9), "a7", "a5", "b5-", "c6", "z1"))
                .containsExactly("a7", "c6", "z1");
    }

    @Test
    void whatAReaderSeesBeforeTheRangeWasRemovedIsKept() {
        assertThat(kept(live(removed(6), 9, OLDER_BELOW, 5, 9), "a7", "a5", "a4", "b3"))
                .containsExactly("a7", "a5", "b3");
        assertThat(kept(live(removed(3, 6), 9, OLDER_BELOW, 5, 9), "a4", "b2")).containsExactly("a4");
    }

    @Test
    void aRangeTombstoneThatIsNotVisibleYetHidesNothing() {
        assertThat(kept(live(removed(12), 9, OLDER_BELOW, 9), "a5")).containsExactly("a5");
    }

    @Test
    void ofRangeTombstonesTheNewestThatEachReaderSeesIsKept() {
        assertThat(keptTombstones(live(removed(2, 4, 6, 8, 11), 9, OLDER_BELOW, 5, 9)))
                .containsExactly(11L, 8L, 4L);
    }

    @Test
    void aRangeTombstoneGoesWhenNothingBelowIsHidden() {
        LiveVersions.Depths onlyBehindM = new LiveVersions.Depths() {
            @Override
            public boolean mayHold(byte[] key, int keyLength) {
                return false;
            }

            @Override
            public boolean mayHoldWithin(byte[] start, byte[] end) {
                return end[0] > 'm';
            }
        };
        assertThat(keptTombstones(live(removed(4, 8), 9, OLDER_BELOW, 9))).containsExactly(8L);
        assertThat(keptTombstones(live(removed(4, 8), 9, onlyBehindM, 9))).containsExactly(8L);
        RangeTombstones narrow = RangeTombstones.NONE.with(new byte[] {'a'}, new byte[] {'c'}, 8);
        assertThat(keptTombstones(live(narrow, 9, onlyBehindM, 9))).isEmpty();
        assertThat(keptTombstones(live(narrow, 9, onlyBehindM, 7, 9)))
                .as("a reader sees what it hides from others")
                .containsExactly(8L);
        assertThat(keptTombstones(live(narrow, 7, onlyBehindM, 7)))
                .as("not visible yet")
                .containsExactly(8L);
    }
}
