package dev.varve.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class LineChartTest {

    @Test
    void anAxisEndsAtRoundSteps() {
        assertThat(LineChart.steps(DoubleStream.of(3, 9.5, Double.NaN))).isEqualTo(10);
        assertThat(LineChart.steps(DoubleStream.of(1800))).isEqualTo(2500);
        assertThat(LineChart.steps(DoubleStream.of(2501))).isEqualTo(5000);
        assertThat(LineChart.steps(DoubleStream.of(0))).isEqualTo(5);
        assertThat(LineChart.steps(DoubleStream.empty())).isEqualTo(5);
    }

    @Test
    void aValueAtTheEndOfBothAxesIsInTheUpperRightCorner() {
        String svg = LineChart.draw(
                "Space",
                "MiB",
                List.of(new LineChart.Line(
                        "disk",
                        List.of(
                                new LineChart.Point(0, 0),
                                new LineChart.Point(5, Double.NaN),
                                new LineChart.Point(10, 50)))));
        assertThat(svg).contains("points=\"80.0,255.0 610.0,45.0\"", ">disk<", ">50 MiB<", ">10 s<");
    }
}
