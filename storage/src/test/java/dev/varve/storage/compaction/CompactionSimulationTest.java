package dev.varve.storage.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the choice of compactions costs, in a store of so many flushes whose keys are overwritten at random. */
class CompactionSimulationTest {

    @ParameterizedTest
    @CsvSource({
        "5, 1.8, 8, 2.4, 14",
        "10, 2.4, 8, 1.8, 19",
        "20, 4.0, 10, 1.8, 25",
        "40, 5.0, 10, 1.6, 25",
        "160, 8.5, 11, 1.7, 25"
    })
    void writingAndReadingStayWithinTheirBounds(int units, double writing, int runs, double space, double job) {
        CompactionSimulation steady =
                new CompactionSimulation(units).run(4 * units).run(Math.max(100, 2 * units));
        System.out.println(units + " flushes: " + steady);
        assertThat(steady.writeAmplification()).as(steady.toString()).isBetween(1.0, writing);
        assertThat(steady.runsMax()).as(steady.toString()).isBetween(1, runs);
        assertThat(steady.spaceMax()).as(steady.toString()).isBetween(1.0, space);
        assertThat(steady.jobUnitsMax()).as(steady.toString()).isBetween(1.0, job);
    }
}
