package dev.varve.cli.bench;

import dev.varve.cli.chart.Svg;
import dev.varve.cli.chart.Svg.Anchor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * Latencies over percentiles as an SVG image: a line for each kind of request. Both axes are logarithmic, the horizontal one
 * in the share of requests that are slower, so that each further nine gets the same room.
 */
final class LatencySvg {

    private static final int WIDTH = 760;
    private static final int HEIGHT = 420;
    private static final int LEFT = 70;
    private static final int RIGHT = 110;
    private static final int TOP = 50;
    private static final int BOTTOM = 50;
    private static final int NINES = 5;
    private static final int STEPS_PER_NINE = 20;

    private final Svg svg = new Svg(WIDTH, HEIGHT);
    private final double decadeMin;
    private final double decadeMax;

    private LatencySvg(Map<Operation, Histogram> latencies) {
        long least = latencies.values().stream()
                .mapToLong(Histogram::getMinNonZeroValue)
                .min()
                .orElse(1_000);
        long most = latencies.values().stream()
                .mapToLong(Histogram::getMaxValue)
                .max()
                .orElse(1_000_000);
        this.decadeMin = Math.floor(Math.log10(Math.max(1.0, (double) least)));
        this.decadeMax = Math.max(decadeMin + 1, Math.ceil(Math.log10(Math.max(1.0, (double) most))));
    }

    /** The whole image. */
    static String draw(String title, Map<Operation, Histogram> latencies) {
        LatencySvg image = new LatencySvg(latencies);
        image.frame(title);
        int line = 0;
        for (Map.Entry<Operation, Histogram> entry : latencies.entrySet()) {
            image.line(entry.getKey().toString(), entry.getValue(), Svg.COLORS.get(line % Svg.COLORS.size()), line);
            line++;
        }
        return image.svg.toString();
    }

    private void frame(String title) {
        svg.text(LEFT, 24, Anchor.START, 15, title);
        for (double decade = decadeMin; decade <= decadeMax; decade++) {
            double y = y(Math.pow(10, decade));
            svg.gridLine(LEFT, y, WIDTH - RIGHT, y);
            svg.text(LEFT - 8, y + 4, Anchor.END, 12, LatencyChart.show((long) Math.pow(10, decade)));
        }
        for (int nines = 0; nines <= NINES; nines++) {
            double percentile = 100 - 100 / Math.pow(10, nines);
            double x = x(percentile);
            svg.gridLine(x, TOP, x, HEIGHT - BOTTOM);
            svg.text(
                    x,
                    HEIGHT - BOTTOM + 18,
                    Anchor.MIDDLE,
                    12,
                    nines == 0 ? "min" : LatencyChart.name(rounded(percentile)));
        }
        svg.text(LEFT + (WIDTH - LEFT - RIGHT) / 2.0, HEIGHT - 10, Anchor.MIDDLE, 12, "percentile of requests");
    }

    /** Without the noise of binary fractions: 99.9, not 99.90000000000001. */
    private static double rounded(double percentile) {
        return Math.round(percentile * 1e6) / 1e6;
    }

    private void line(String name, Histogram histogram, String color, int number) {
        List<Svg.Point> points = new ArrayList<>();
        for (int step = 0; step <= NINES * STEPS_PER_NINE; step++) {
            double percentile = 100 - 100 / Math.pow(10, (double) step / STEPS_PER_NINE);
            points.add(new Svg.Point(x(percentile), y((double) histogram.getValueAtPercentile(percentile))));
        }
        svg.curve(points, color);
        svg.rectangle(WIDTH - RIGHT + 14, TOP + 20.0 * number, 12, 3, color);
        svg.text(WIDTH - RIGHT + 32, TOP + 6 + 20.0 * number, Anchor.START, 12, name);
    }

    private double x(double percentile) {
        double nines = Math.min(NINES, -Math.log10(1 - percentile / 100));
        return LEFT + (WIDTH - LEFT - RIGHT) * nines / NINES;
    }

    private double y(double nanos) {
        double share = (Math.log10(Math.max(1, nanos)) - decadeMin) / (decadeMax - decadeMin);
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
    }
}
