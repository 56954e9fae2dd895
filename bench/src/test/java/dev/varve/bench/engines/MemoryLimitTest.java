package dev.varve.bench.engines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryLimitTest {

    @Test
    void theOwnGroupIsThatOfTheMemoryController() throws IOException {
        assertThat(MemoryLimit.own(List.of("9:name=systemd:/", "4:memory:/shell/17", "0::/")))
                .isEqualTo("/shell/17");
    }

    @Test
    void whereThereIsNoMemoryControllerItIsSaid() {
        assertThatThrownBy(() -> MemoryLimit.own(List.of("0::/user.slice")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("names no memory controller");
    }
}
