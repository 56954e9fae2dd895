package dev.varve.replication.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReadRoundsTest {

    private final List<Consumer<@Nullable String>> rounds = new ArrayList<>();
    private final List<Runnable> delayed = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private long now;
    private final ReadRounds reads = new ReadRounds(rounds::add, () -> now, (task, millis) -> delayed.add(task));

    private void read(String name, long deadlineNanos) {
        reads.await(deadlineNanos, trouble -> told.add(name + " " + (trouble == null ? "ready" : trouble.kind())));
    }

    @Test
    void readsThatComeWhileRoundsAreOnTheirWayShareTheNextOne() {
        read("a", 100);
        read("b", 100);
        read("c", 100);
        read("d", 100);
        assertThat(rounds).as("a and b have rounds of their own").hasSize(ReadRounds.ROUNDS_IN_FLIGHT);

        rounds.get(0).accept(null);
        assertThat(told).containsExactly("a ready");
        assertThat(rounds).hasSize(3);
        rounds.get(2).accept(null);

        assertThat(told)
                .as("c and d waited for a round that began after them")
                .containsExactly("a ready", "c ready", "d ready");
    }

    @Test
    void aRoundThatFailsIsRepeatedForTheReadsThatHaveTime() {
        read("patient", 100);
        rounds.get(0).accept("no leader");
        assertThat(told).isEmpty();
        delayed.forEach(Runnable::run);

        rounds.get(1).accept(null);

        assertThat(told).containsExactly("patient ready");
    }

    @Test
    void aReadWhoseDeadlinePassesIsToldThatNobodyLeads() {
        read("late", 100);
        now = 100;
        rounds.get(0).accept("no leader");
        delayed.forEach(Runnable::run);

        assertThat(told).containsExactly("late " + StoreException.Kind.NO_LEADER);
        assertThat(rounds).hasSize(1);
    }

    @Test
    void closingFailsTheReadsThatWaitAndThoseOfRoundsOnTheirWayOnce() {
        read("asked", 100);
        read("asked, too", 100);
        read("waits", 100);
        reads.close();
        rounds.get(0).accept(null);
        rounds.get(1).accept("no leader");
        delayed.forEach(Runnable::run);
        read("comes later", 100);

        assertThat(told)
                .containsExactlyInAnyOrder("asked CLOSED", "asked, too CLOSED", "waits CLOSED", "comes later CLOSED");
        assertThat(rounds).hasSize(2);
    }
}
