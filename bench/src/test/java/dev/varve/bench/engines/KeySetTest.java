package dev.varve.bench.engines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.bench.harness.Records;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class KeySetTest {

    private final Records records = new Records(100, 20, 20);
    private final KeySet some = new KeySet(records, 100, false);

    KeySetTest() {
        some.grow(40);
    }

    private List<Long> ranks() {
        return LongStream.range(0, 40).map(some::rank).sorted().boxed().toList();
    }

    private void visit(KeySet.Expectation expected, long rank) {
        expected.entry(records.key(rank), records.value(rank, 5));
    }

    @Test
    void aScanOfAllKeysThatWereWrittenIsAccepted() {
        KeySet.Expectation expected = some.scanFrom(0);
        ranks().forEach(rank -> visit(expected, rank));
        expected.ended(40, 100);
    }

    @Test
    void aScanThatLeavesAKeyOutIsSeen() {
        KeySet.Expectation expected = some.scanFrom(0);
        visit(expected, ranks().get(0));
        assertThatThrownBy(() -> visit(expected, ranks().get(2))).isInstanceOf(WrongAnswerException.class);
    }

    @Test
    void aScanThatEndsEarlyIsSeen() {
        KeySet.Expectation expected = some.scanFrom(0);
        ranks().subList(0, 39).forEach(rank -> visit(expected, rank));
        assertThatThrownBy(() -> expected.ended(39, 100)).isInstanceOf(WrongAnswerException.class);
        expected.ended(39, 39);
    }

    @Test
    void aScanThatGivesAKeyThatWasNeverWrittenIsSeen() {
        long never = LongStream.range(0, 100)
                .filter(rank -> !ranks().contains(rank))
                .findFirst()
                .orElseThrow();
        assertThatThrownBy(() -> visit(some.scanFrom(never), never)).isInstanceOf(WrongAnswerException.class);
    }

    @Test
    void theValueOfAnotherKeyIsSeen() {
        some.check(3, records.value(3, 9));
        assertThatThrownBy(() -> some.check(3, records.value(4, 9))).isInstanceOf(WrongAnswerException.class);
    }

    @Test
    void aSortedSetIsWrittenInTheOrderOfItsKeys() {
        KeySet sorted = new KeySet(records, 100, true);
        sorted.grow(1000);
        assertThat(sorted.size()).isEqualTo(100);
        assertThat(sorted.rank(7)).isEqualTo(7);
    }
}
