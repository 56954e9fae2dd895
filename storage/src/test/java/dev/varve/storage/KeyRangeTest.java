package dev.varve.storage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyRangeTest {

    /** Keys in unsigned order, each other's neighbours where that is possible. */
    private static final List<String> KEYS = List.of(
            "", "\0", "\0\0", "a", "a\0", "a\0\0", "a\u00ff", "b", "\u007f", "\u0080", "\u00ff", "\u00ff\u00ff");

    private static byte[] bytes(String key) {
        return key.getBytes(ISO_8859_1);
    }

    private static List<String> keysIn(KeyRange range) {
        return KEYS.stream().filter(key -> range.contains(bytes(key))).toList();
    }

    private static List<String> keys(int from, int to) {
        return KEYS.subList(from, to);
    }

    @Test
    void theKeysOfThisTestAreInOrder() {
        List<String> sorted = new ArrayList<>(KEYS);
        sorted.sort((a, b) -> Arrays.compareUnsigned(bytes(a), bytes(b)));
        assertThat(sorted).isEqualTo(KEYS);
    }

    @Test
    void everyKeyBelongsToAll() {
        assertThat(keysIn(KeyRange.all())).isEqualTo(KEYS);
        assertThat(KeyRange.all().isEmpty()).isFalse();
    }

    @Test
    void bothBoundsOfAClosedRangeBelongToIt() {
        for (int from = 0; from < KEYS.size(); from++) {
            for (int to = 0; to < KEYS.size(); to++) {
                KeyRange range = KeyRange.closed(bytes(KEYS.get(from)), bytes(KEYS.get(to)));
                assertThat(keysIn(range)).isEqualTo(from <= to ? keys(from, to + 1) : List.of());
                assertThat(range.isEmpty()).isEqualTo(from > to);
            }
        }
    }

    @Test
    void theEndOfAClosedOpenRangeDoesNotBelongToIt() {
        for (int from = 0; from < KEYS.size(); from++) {
            for (int to = 0; to < KEYS.size(); to++) {
                KeyRange range = KeyRange.closedOpen(bytes(KEYS.get(from)), bytes(KEYS.get(to)));
                assertThat(keysIn(range)).isEqualTo(from < to ? keys(from, to) : List.of());
                assertThat(range.isEmpty()).isEqualTo(from >= to);
            }
        }
    }

    @Test
    void atLeastHasNoUpperBound() {
        for (int from = 0; from < KEYS.size(); from++) {
            assertThat(keysIn(KeyRange.atLeast(bytes(KEYS.get(from))))).isEqualTo(keys(from, KEYS.size()));
        }
    }

    @Test
    void aPrefixIsEveryKeyThatBeginsWithIt() {
        for (String prefix : KEYS) {
            assertThat(keysIn(KeyRange.prefix(bytes(prefix))))
                    .isEqualTo(
                            KEYS.stream().filter(key -> key.startsWith(prefix)).toList());
        }
    }

    @Test
    void thePrefixAfterLastBytesOfFfCarries() {
        assertThat(KeyRange.prefix(bytes("a\u00ff\u00ff")).end()).isEqualTo(bytes("b"));
        assertThat(KeyRange.prefix(bytes("\u007f")).end()).isEqualTo(bytes("\u0080"));
        assertThat(KeyRange.prefix(bytes("\u00ff\u00ff")).end()).isNull();
        assertThat(KeyRange.prefix(bytes("")).end()).isNull();
    }

    @Test
    void afterTakesAwayWhatIsBelowAndTheKeyItself() {
        KeyRange range = KeyRange.closed(bytes("a"), bytes("b"));
        assertThat(keysIn(range.after(bytes("a\0")))).containsExactly("a\0\0", "a\u00ff", "b");
        assertThat(range.after(bytes(""))).isSameAs(range);
        assertThat(range.after(bytes("b")).isEmpty()).isTrue();
        assertThat(range.after(bytes("c")).isEmpty()).isTrue();
        assertThat(keysIn(KeyRange.all().after(bytes("\u0080")))).containsExactly("\u00ff", "\u00ff\u00ff");
    }

    @Test
    void beforeTakesAwayTheKeyItselfAndWhatIsAbove() {
        KeyRange range = KeyRange.closed(bytes("a"), bytes("b"));
        assertThat(keysIn(range.before(bytes("a\0\0")))).containsExactly("a", "a\0");
        assertThat(range.before(bytes("c"))).isSameAs(range);
        assertThat(range.before(bytes("a")).isEmpty()).isTrue();
        assertThat(keysIn(KeyRange.all().before(bytes("\0\0")))).containsExactly("", "\0");
    }

    @Test
    void theSuccessorIsTheSmallestKeyAbove() {
        for (int i = 0; i + 1 < KEYS.size(); i++) {
            byte[] successor = KeyRange.successor(bytes(KEYS.get(i)));
            assertThat(Arrays.compareUnsigned(bytes(KEYS.get(i)), successor)).isNegative();
            assertThat(Arrays.compareUnsigned(successor, bytes(KEYS.get(i + 1))))
                    .isNotPositive();
        }
    }

    @Test
    void rangesAreEqualByTheirBytes() {
        KeyRange range = KeyRange.closedOpen(bytes("a"), bytes("b"));
        assertThat(range)
                .isEqualTo(KeyRange.closedOpen(bytes("a"), bytes("b")))
                .hasSameHashCodeAs(KeyRange.closedOpen(bytes("a"), bytes("b")))
                .isNotEqualTo(KeyRange.closedOpen(bytes("a"), bytes("c")))
                .isNotEqualTo(KeyRange.atLeast(bytes("a")))
                .hasToString("[[97], [98])");
        assertThat(KeyRange.all()).hasToString("[null, null)");
    }

    @Test
    void rangesOverlapIfAKeyCanBelongToBoth() {
        byte[] a = {1};
        byte[] b = {2};
        byte[] c = {3};
        KeyRange first = KeyRange.closedOpen(a, b);
        assertThat(first.overlaps(first)).isTrue();
        assertThat(first.overlaps(KeyRange.closedOpen(b, c))).isFalse();
        assertThat(KeyRange.closedOpen(b, c).overlaps(first)).isFalse();
        assertThat(KeyRange.closed(a, b).overlaps(KeyRange.atLeast(b))).isTrue();
        assertThat(KeyRange.atLeast(b).overlaps(first)).isFalse();
        assertThat(new KeyRange(null, b).overlaps(first)).isTrue();
        assertThat(KeyRange.all().overlaps(KeyRange.all())).isTrue();
        assertThat(KeyRange.all().overlaps(KeyRange.closedOpen(b, b))).isFalse();
    }
}
