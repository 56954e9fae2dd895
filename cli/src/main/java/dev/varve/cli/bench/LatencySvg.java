package dev.varve.cli.bench;

import java.util.Locale;
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
    private static final String[] COLORS = {"#1f6f8b", "#c8553d", "#5b8c5a", "#8e5572"};

    private final StringBuilder svg = new StringBuilder();
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
            image.line(entry.getKey().toString(), entry.getValue(), COLORS[line % COLORS.length], line);
            line++;
        }
        return image.svg.append("</svg>\n").toString();
    }

    private void frame(String title) {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">%n"
                        .formatted(WIDTH, HEIGHT));
        add("<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>%n".formatted(WIDTH, HEIGHT));
        text(LEFT, 24, "start", 15, title);
        for (double decade = decadeMin; decade <= decadeMax; decade++) {
            double y = y(Math.pow(10, decade));
            stroke(LEFT, y, WIDTH - RIGHT, y);
            text(LEFT - 8, y + 4, "end", 12, LatencyChart.show((long) Math.pow(10, decade)));
        }
        for (int nines = 0; nines <= NINES; nines++) {
            double percentile = 100 - 100 / Math.pow(10, nines);
            double x = x(percentile);
            stroke(x, TOP, x, HEIGHT - BOTTOM);
            text(x, HEIGHT - BOTTOM + 18, "middle", 12, nines == 0 ? "min" : LatencyChart.name(rounded(percentile)));
        }
        text(LEFT + (WIDTH - LEFT - RIGHT) / 2.0, HEIGHT - 10, "middle", 12, "percentile of requests");
    }

    /** Without the noise of binary fractions: 99.9, not 99.90000000000001. */
    private static double rounded(double percentile) {
        return Math.round(percentile * 1e6) / 1e6;
    }

    private void line(String name, Histogram histogram, String color, int number) {
        StringBuilder points = new StringBuilder();
        double lastY = 0;
        for (int step = 0; step <= NINES * STEPS_PER_NINE; step++) {
            double percentile = 100 - 100 / Math.pow(10, (double) step / STEPS_PER_NINE);
            lastY = y((double) histogram.getValueAtPercentile(percentile));
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(percentile), lastY));
        }
        add("<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>%n"
                .formatted(color, points.toString().strip()));
        add("<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"3\" fill=\"%s\"/>%n"
                .formatted(WIDTH - RIGHT + 14, TOP + 20 * number, color));
        text(WIDTH - RIGHT + 32, TOP + 6 + 20.0 * number, "start", 12, name);
    }

    private void stroke(double x1, double y1, double x2, double y2) {
        add(String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#dddddd\"/>%n",
                x1,
                y1,
                x2,
                y2));
    }

    private void text(double x, double y, String anchor, int size, String text) {
        String escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        add(String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\" fill=\"#333333\">%s</text>%n",
                x,
                y,
                anchor,
                size,
                escaped));
    }

    private double x(double percentile) {
        double nines = Math.min(NINES, -Math.log10(1 - percentile / 100));
        return LEFT + (WIDTH - LEFT - RIGHT) * nines / NINES;
    }

    private double y(double nanos) {
        double share = (Math.log10(Math.max(1, nanos)) - decadeMin) / (decadeMax - decadeMin);
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
    }

    private void add(String text) {
        svg.append(text);
    }
}
