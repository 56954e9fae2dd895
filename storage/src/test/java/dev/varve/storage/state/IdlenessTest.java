package dev.varve.storage.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IdlenessTest {

    private long now = 77;
    private long revision = 5;
    private final Idleness idleness = new Idleness(() -> now, () -> revision);

    @Test
    void isThereASecondAfterTheLastWriteThatWasSeen() {
        now += Idleness.NANOS - 1;
        assertThat(idleness.isThere()).isFalse();
        now++;
        assertThat(idleness.isThere()).isTrue();
        revision++;
        assertThat(idleness.isThere()).isFalse();
        now += Idleness.NANOS - 1;
        assertThat(idleness.isThere()).isFalse();
        now++;
        assertThat(idleness.isThere()).isTrue();
    }
}
