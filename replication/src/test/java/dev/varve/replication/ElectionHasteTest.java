package dev.varve.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ElectionHasteTest {

    private final List<Integer> set = new ArrayList<>();
    private final ElectionHaste haste = new ElectionHaste(500, set::add);

    @Test
    void theTimeIsShortFromTheEndOfTheConnectionUntilThereIsALeader() {
        assertThat(haste.leaderGone()).isTrue();
        assertThat(haste.leaderGone()).as("again").isFalse();
        haste.calm();
        haste.calm();

        assertThat(set).containsExactly(100, 500);
        assertThat(haste.leaderGone()).isTrue();
    }

    @Test
    void aTimeThatIsShortAnywayStays() {
        assertThat(new ElectionHaste(100, set::add).leaderGone()).isFalse();
        assertThat(set).isEmpty();
    }
}
