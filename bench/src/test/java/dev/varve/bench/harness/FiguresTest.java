package dev.varve.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cli.Failure;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FiguresTest {

    @Test
    void whatIsToldIsRead() {
        Figures figures = new Figures("read-1k", Map.of("perSecond", 123456.75, "p99Micros", 1.5e-7));
        assertThat(Figures.parse(List.of("WARNING: of some library", figures.line(), "")))
                .containsExactly(figures);
    }

    @Test
    void whatIsNoFigureIsRefused() {
        assertThatThrownBy(() -> Figures.parse(List.of("FIGURES read-1k perSecond=many")))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("perSecond=many");
        assertThatThrownBy(() -> Figures.parse(List.of("FIGURES read-1k perSecond")))
                .isInstanceOf(Failure.class);
    }
}
