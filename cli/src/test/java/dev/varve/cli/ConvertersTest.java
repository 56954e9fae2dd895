package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class ConvertersTest {

    @Test
    void sizesHaveUnitsOf1024() {
        Sizes sizes = new Sizes();
        assertThat(sizes.convert("0")).isZero();
        assertThat(sizes.convert("4096")).isEqualTo(4096);
        assertThat(sizes.convert("64k")).isEqualTo(64 << 10);
        assertThat(sizes.convert("8MiB")).isEqualTo(8 << 20);
        assertThat(sizes.convert("1gb")).isEqualTo(1 << 30);
        assertThat(sizes.convert("7B")).isEqualTo(7);
        for (String wrong : List.of("", "-1", "1.5g", "k", "1 k", "99999999999t", "1x")) {
            assertThatThrownBy(() -> sizes.convert(wrong)).as(wrong).isInstanceOf(TypeConversionException.class);
        }
    }

    @Test
    void sizesAreShownWithThreeDigits() {
        assertThat(List.of(0L, 1023L, 1536L, 213L << 20, Long.MAX_VALUE).stream()
                        .map(Sizes::show))
                .containsExactly("0 B", "1023 B", "1.5 KiB", "213 MiB", "8388608 TiB");
    }

    @Test
    void durationsHaveAUnitAndAreAboveZero() {
        Durations durations = new Durations();
        assertThat(durations.convert("500ms")).isEqualTo(Duration.ofMillis(500));
        assertThat(durations.convert("10s")).isEqualTo(Duration.ofSeconds(10));
        assertThat(durations.convert("2m")).isEqualTo(Duration.ofMinutes(2));
        assertThat(durations.convert("1h")).isEqualTo(Duration.ofHours(1));
        for (String wrong : List.of("", "10", "s", "0s", "-1s", "1d", "1.5s")) {
            assertThatThrownBy(() -> durations.convert(wrong)).as(wrong).isInstanceOf(TypeConversionException.class);
        }
    }
}
