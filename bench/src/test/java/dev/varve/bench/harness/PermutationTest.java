package dev.varve.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PermutationTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 100, 1023, 1024, 1025, 77_777})
    void everyNumberHasAPlaceOfItsOwnAndIsFoundThere(long count) {
        Permutation permutation = new Permutation(count);
        long[] places = LongStream.range(0, count).map(permutation::apply).toArray();
        assertThat(LongStream.of(places).sorted().toArray())
                .isEqualTo(LongStream.range(0, count).toArray());
        assertThat(LongStream.of(places).map(permutation::inverse).toArray())
                .isEqualTo(LongStream.range(0, count).toArray());
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 40, (1L << 62) + 1})
    void largeBoundsAreBijectionsToo(long count) {
        Permutation permutation = new Permutation(count);
        for (long number : new long[] {0, 1, 2, 12_345_678_901L, count - 1}) {
            assertThat(permutation.apply(number)).isBetween(0L, count - 1);
            assertThat(permutation.inverse(permutation.apply(number))).isEqualTo(number);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1000, 1 << 20})
    void neighboursAreTornApart(long count) {
        Permutation permutation = new Permutation(count);
        double distance = LongStream.range(0, 500)
                .map(n -> Math.abs(permutation.apply(n + 1) - permutation.apply(n)))
                .average()
                .orElseThrow();
        // Of two random numbers it is a third of the bound.
        assertThat(distance).isBetween(count * 0.25, count * 0.42);
    }
}
