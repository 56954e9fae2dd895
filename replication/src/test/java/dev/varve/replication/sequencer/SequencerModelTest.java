package dev.varve.replication.sequencer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.replication.sequencer.RandomInterleaving.Ending;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/**
 * Random interleavings against a sequential execution. {@code -Dsequencer.seed=N} repeats one of them,
 * {@code -Dsequencer.runs=N} makes more.
 */
final class SequencerModelTest {

    @Test
    void everyAnswerIsThatOfASequentialExecution() {
        Long onlySeed = Long.getLong("sequencer.seed");
        long first = onlySeed != null ? onlySeed : 1;
        long runs = onlySeed != null ? 1 : Long.getLong("sequencer.runs", 4000);
        Map<Ending, Integer> endings = new EnumMap<>(Ending.class);
        try (ExecutorService committer = Executors.newSingleThreadExecutor()) {
            for (long seed = first; seed < first + runs; seed++) {
                run(seed, committer).forEach((ending, count) -> endings.merge(ending, count, Integer::sum));
            }
        }
        if (onlySeed == null) {
            assertThat(endings.values().stream().mapToInt(count -> count).min().orElseThrow())
                    .as("the runs must meet every ending often: " + endings)
                    .isGreaterThan((int) runs);
            assertThat(endings).containsOnlyKeys(Ending.values());
        }
    }

    private static Map<Ending, Integer> run(long seed, ExecutorService committer) {
        try {
            return new RandomInterleaving(seed, committer).run();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(
                    "repeat with: mvn test -pl replication -am -Dtest=SequencerModelTest"
                            + " -Dsurefire.failIfNoSpecifiedTests=false -DargLine=-Dsequencer.seed=" + seed,
                    e);
        }
    }
}
