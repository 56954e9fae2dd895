package dev.varve.bench.harness;

import dev.varve.cli.chart.Svg;
import dev.varve.cli.chart.Svg.Anchor;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/** Lines over time, from zero on. */
public final class LineChart {

    private static final int WIDTH = 760;
    private static final int HEIGHT = 300;
    private static final int LEFT = 80;
    private static final int RIGHT = 150;
    private static final int TOP = 45;
    private static final int BOTTOM = 45;
    private static final int STEPS = 5;

    private LineChart() {}

    /** A value at a moment. */
    public record Point(double seconds, double value) {}

    /** What is drawn in one colour; a value that is NaN is left out. */
    public record Line(String name, List<Point> points) {}

    /**
     * The whole image.
     *
     * @param unit of the values
     */
    public static String draw(String title, String unit, List<Line> lines) {
        double secondsMax = steps(
                lines.stream().flatMapToDouble(line -> line.points().stream().mapToDouble(Point::seconds)));
        double valueMax = steps(
                lines.stream().flatMapToDouble(line -> line.points().stream().mapToDouble(Point::value)));
        Svg svg = new Svg(WIDTH, HEIGHT);
        svg.text(LEFT, 24, Anchor.START, 15, title);
        for (int step = 0; step <= STEPS; step++) {
            double x = LEFT + (double) (WIDTH - LEFT - RIGHT) * step / STEPS;
            double y = HEIGHT - BOTTOM - (double) (HEIGHT - TOP - BOTTOM) * step / STEPS;
            svg.gridLine(LEFT, y, WIDTH - RIGHT, y);
            svg.gridLine(x, TOP, x, HEIGHT - BOTTOM);
            svg.text(LEFT - 8, y + 4, Anchor.END, 12, number(valueMax * step / STEPS) + " " + unit);
            svg.text(x, HEIGHT - BOTTOM + 18, Anchor.MIDDLE, 12, number(secondsMax * step / STEPS) + " s");
        }
        for (int i = 0; i < lines.size(); i++) {
            String color = Svg.COLORS.get(i % Svg.COLORS.size());
            double legend = TOP + 20.0 * i;
            svg.rectangle(WIDTH - RIGHT + 14, legend, 12, 3, color);
            svg.text(
                    WIDTH - RIGHT + 32,
                    legend + 6,
                    Anchor.START,
                    12,
                    lines.get(i).name());
            svg.curve(points(lines.get(i), secondsMax, valueMax), color);
        }
        return svg.toString();
    }

    private static List<Svg.Point> points(Line line, double secondsMax, double valueMax) {
        return line.points().stream()
                .filter(point -> !Double.isNaN(point.value()))
                .map(point -> new Svg.Point(
                        LEFT + (WIDTH - LEFT - RIGHT) * point.seconds() / secondsMax,
                        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * point.value() / valueMax))
                .toList();
    }

    /** The end of an axis: the least that is not below the values and makes round steps (1, 2 or 5 times a power of ten). */
    static double steps(DoubleStream values) {
        double most = values.filter(value -> !Double.isNaN(value)).max().orElse(0);
        if (most <= 0) {
            return STEPS;
        }
        double power = Math.pow(10, Math.floor(Math.log10(most / STEPS)));
        for (double round : new double[] {1, 2, 5}) {
            if (STEPS * round * power >= most) {
                return STEPS * round * power;
            }
        }
        return STEPS * 10 * power;
    }

    private static String number(double value) {
        return value == Math.rint(value)
                ? Report.count(value)
                : String.format(Locale.ROOT, value < 0.1 ? "%.3f" : "%.2f", value);
    }
}
