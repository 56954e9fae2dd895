package dev.varve.bench.engines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.bench.harness.Series;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoadTest {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void allIsDoneOnceAndCounted(boolean virtual) throws IOException {
        AtomicInteger left = new AtomicInteger(1000);
        Load load = Load.run(3, virtual, 1, 60, worker -> left.getAndDecrement() > 0 ? 2 : 0);
        assertThat(load.keys()).isEqualTo(2000);
        assertThat(load.figures()).containsEntry("keys", 2000.0);
        assertThat(load.figures().get(Series.PER_SECOND)).isEqualTo(2000 / load.seconds());
    }

    @Test
    void itEndsWhenTheTimeIsOver() throws IOException {
        Load load = Load.run(2, false, 1, 0.05, worker -> 1);
        assertThat(load.keys()).isPositive();
        assertThat(load.seconds()).isGreaterThanOrEqualTo(0.05);
    }

    @Test
    void whatAnOperationThrowsEndsTheMeasurement() {
        assertThatThrownBy(() -> Load.run(2, false, 1, 0.05, worker -> {
                    throw new WrongAnswerException("no such value");
                }))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no such value");
    }

    @Test
    void everyThreadHasRandomNumbersOfItsOwnThatTheSeedRepeats() throws IOException {
        assertThat(numbers(5)).hasSize(4).isEqualTo(numbers(5)).isNotEqualTo(numbers(6));
    }

    private static List<Long> numbers(long seed) throws IOException {
        var numbers = new ConcurrentSkipListSet<Long>();
        Load.run(4, false, seed, 60, worker -> {
            numbers.add(worker.random().nextLong());
            return 0;
        });
        return List.copyOf(numbers);
    }
}
