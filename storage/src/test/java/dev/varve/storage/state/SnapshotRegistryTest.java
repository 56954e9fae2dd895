package dev.varve.storage.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SnapshotRegistryTest {

    private static final long AGE = 1_000_000_000;

    private long now = 5;
    private final SnapshotRegistry registry = new SnapshotRegistry(() -> now, AGE);

    @Test
    void theCurrentRevisionIsAlwaysKept() {
        assertThat(registry.revisions(() -> 7)).containsExactly(7);
        assertThat(registry.size()).isZero();
    }

    @Test
    void registeredRevisionsAreKeptInOrderAndOnce() {
        assertThat(registry.register(() -> 5)).isEqualTo(5);
        registry.register(() -> 3);
        registry.register(() -> 5);
        assertThat(registry.revisions(() -> 9)).containsExactly(3, 5, 9);
        assertThat(registry.revisions(() -> 5)).containsExactly(3, 5);
        assertThat(registry.size()).isEqualTo(3);
    }

    @Test
    void aRevisionGoesWithItsLastReader() {
        registry.register(() -> 5);
        registry.registerAgain(5);
        registry.release(5);
        assertThat(registry.revisions(() -> 9)).containsExactly(5, 9);
        registry.release(5);
        assertThat(registry.revisions(() -> 9)).containsExactly(9);
        assertThat(registry.size()).isZero();
    }

    @Test
    void whatIsTooOldIsGivenUpAndItsReadersAreTold() throws Exception {
        registry.register(() -> 5);
        registry.register(() -> 5);
        now += AGE;
        assertThat(registry.revisions(() -> 9)).containsExactly(5, 9);
        registry.requireKept(5);
        now++;
        assertThat(registry.revisions(() -> 9)).containsExactly(9);
        assertThat(registry.oldest(() -> 9)).isEqualTo(Long.MAX_VALUE);
        assertThatThrownBy(() -> registry.requireKept(5))
                .isInstanceOf(SnapshotExpiredException.class)
                .hasMessageContaining("revision 5 is older than 1 seconds");
        assertThat(registry.size()).isEqualTo(2);
        registry.release(5);
        assertThatThrownBy(() -> registry.requireKept(5)).isInstanceOf(SnapshotExpiredException.class);
        registry.release(5);
        assertThat(registry.size()).isZero();
    }

    @Test
    void whatIsCurrentIsKeptAndBecomesYoungerWithEachReader() throws Exception {
        registry.register(() -> 5);
        now += 2 * AGE;
        assertThat(registry.revisions(() -> 5)).containsExactly(5);
        registry.register(() -> 5);
        assertThat(registry.oldest(() -> 6)).isEqualTo(5);
        now += AGE + 1;
        registry.registerAgain(5);
        assertThat(registry.oldest(() -> 6)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whatIsNotRegisteredCannotBeReadAgain() {
        registry.register(() -> 5);
        registry.release(5);
        assertThatThrownBy(() -> registry.registerAgain(5))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the snapshot of revision 5 has been closed");
        assertThat(registry.size()).isZero();
    }
}
