package dev.varve.replication.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RevisionWaitsTest {

    private long revision = 5;
    private long now;
    private final List<Runnable> delayed = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final RevisionWaits waits =
            new RevisionWaits(() -> revision, () -> now, (task, millis) -> delayed.add(task));

    private void await(long wanted) {
        waits.await(wanted, 100, trouble -> told.add(wanted + (trouble == null ? "" : " " + trouble.kind())));
    }

    private void runDelayed() {
        List<Runnable> due = List.copyOf(delayed);
        delayed.clear();
        due.forEach(Runnable::run);
    }

    @Test
    void whatIsThereIsToldAtOnce() {
        await(5);

        assertThat(told).containsExactly("5");
    }

    @Test
    void whatComesLaterIsToldWhenItIsThereAndNotBefore() {
        await(8);
        await(7);
        await(6);
        revision = 7;
        waits.advanced();
        runDelayed();

        assertThat(told).containsExactly("6", "7");
    }

    @Test
    void whatDoesNotComeInTimeIsToldOnceAsInVain() {
        await(6);
        await(7);
        revision = 6;
        waits.advanced();
        now = 100;
        runDelayed();
        revision = 7;
        waits.advanced();

        assertThat(told).containsExactly("6", "7 NO_LEADER");
        assertThat(delayed).as("looks at deadlines that nobody has").isEmpty();
    }

    @Test
    void closingFailsWhatWaits() {
        await(6);
        await(7);
        waits.close();
        revision = 7;
        waits.advanced();

        assertThat(told).containsExactlyInAnyOrder("6 CLOSED", "7 CLOSED");
    }
}
