package dev.varve.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** Latencies over percentiles as bars of characters; the length of a bar is the logarithm of its latency. */
final class LatencyChart {

    static final double[] PERCENTILES = {50, 75, 90, 95, 99, 99.9, 99.99, 100};

    private static final int WIDTH_CHARS = 48;
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉█";

    private LatencyChart() {}

    /** One line a percentile. */
    static List<String> lines(Histogram latencies) {
        List<String> lines = new ArrayList<>();
        double least = Math.log(Math.max(1, latencies.getValueAtPercentile(0)) / 2.0);
        double most = Math.log((double) Math.max(2, latencies.getMaxValue()));
        for (double percentile : PERCENTILES) {
            long nanos = latencies.getValueAtPercentile(percentile);
            double share = (Math.log((double) Math.max(1, nanos)) - least) / (most - least);
            lines.add("%7s %10s  %s".formatted(name(percentile), show(nanos), bar(share)));
        }
        return lines;
    }

    private static String bar(double share) {
        int eighths = (int) Math.round(Math.clamp(share, 0, 1) * WIDTH_CHARS * 8);
        String full = "█".repeat(eighths / 8);
        return eighths % 8 == 0 ? full : full + EIGHTHS.charAt(eighths % 8);
    }

    /** The name of a percentile: p99.9, or max. */
    static String name(double percentile) {
        return percentile == 100
                ? "max"
                : "p" + (percentile == Math.rint(percentile) ? (int) percentile + "" : percentile + "");
    }

    /** A time with three digits and its unit. */
    static String show(long nanos) {
        if (nanos < 1_000_000) {
            return String.format(Locale.ROOT, "%.0f µs", nanos / 1e3);
        }
        return nanos < 1_000_000_000
                ? String.format(Locale.ROOT, nanos < 10_000_000 ? "%.2f ms" : "%.1f ms", nanos / 1e6)
                : String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
    }
}
