package dev.varve.storage.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SnapshotRegistryTest {

    private final SnapshotRegistry registry = new SnapshotRegistry();

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
    void whatIsNotRegisteredCannotBeReadAgain() {
        registry.register(() -> 5);
        registry.release(5);
        assertThatThrownBy(() -> registry.registerAgain(5))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the snapshot of revision 5 has been closed");
        assertThat(registry.size()).isZero();
    }
}
