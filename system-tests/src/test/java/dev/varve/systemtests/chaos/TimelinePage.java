package dev.varve.systemtests.chaos;

import dev.varve.systemtests.chaos.Timeline.Bar;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/** A timeline as one page of HTML that needs nothing else. */
final class TimelinePage {

    private static final int LEFT = 130;
    private static final int PIXELS_MAX = 14_000;
    private static final double PIXELS_PER_SECOND = 12;
    private static final int CHART = 160;
    private static final int ROW = 18;
    private static final double SLOWEST_NANOS = 10e9;
    private static final double FASTEST_NANOS = 1e5;

    private final Timeline timeline;
    private final StringBuilder svg = new StringBuilder();
    private final double scale;
    private final double seconds;
    private int top = 20;

    private TimelinePage(Timeline timeline) {
        this.timeline = timeline;
        this.seconds = Stream.of(timeline.faults(), timeline.leaders(), timeline.gaps())
                .flatMap(List::stream)
                .mapToDouble(bar -> bar.endNanos() / 1e9)
                .max()
                .orElse(1);
        this.scale = Math.min(PIXELS_PER_SECOND, PIXELS_MAX / seconds);
    }

    /** The whole page. */
    static String of(Timeline timeline, String summary) {
        TimelinePage page = new TimelinePage(timeline);
        page.latencies();
        page.calls();
        page.rows("leader ", "#4a7ab5", timeline.leaders());
        page.rows("", "#b5544a", timeline.gaps());
        page.rows("", "#c9963c", timeline.faults());
        page.axis();
        return """
                <!doctype html>
                <html lang="en"><head><meta charset="utf-8"><title>Chaos</title><style>
                body{font:14px sans-serif;margin:20px;background:#fff;color:#222} pre{background:#f4f4f2;padding:12px;white-space:pre-wrap}
                .wide{overflow-x:auto} svg text{font:11px sans-serif;fill:#444}
                </style></head><body><h1>Chaos</h1><pre>%s</pre><div class="wide">
                <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d">%s</svg></div>
                <p>Latency: grey the median, blue the 99th percentile, red the worst of each second, on a logarithmic scale. Calls: green answered, red not. Rest the
                pointer on a bar to read it.</p></body></html>
                """.formatted(escape(summary), (int) (LEFT + page.seconds * page.scale + 40), page.top + 30, page.svg);
    }

    private void latencies() {
        label("latency", top + CHART / 2);
        for (double nanos = FASTEST_NANOS; nanos <= SLOWEST_NANOS; nanos *= 10) {
            double y = latencyY(nanos);
            line(LEFT, y, LEFT + seconds * scale, y, "#ddd");
            label(nanos < 1e9 ? trim(nanos / 1e6) + " ms" : trim(nanos / 1e9) + " s", (int) y);
        }
        timeline.seconds().forEach((second, calls) -> {
            dot(second, calls.nanos(1), "#c0392b", calls);
            dot(second, calls.nanos(0.99), "#4a7ab5", calls);
            dot(second, calls.nanos(0.5), "#888", calls);
        });
        top += CHART + 20;
    }

    private double latencyY(double nanos) {
        double clamped = Math.clamp(nanos, FASTEST_NANOS, SLOWEST_NANOS);
        return top + CHART - CHART * Math.log(clamped / FASTEST_NANOS) / Math.log(SLOWEST_NANOS / FASTEST_NANOS);
    }

    private void dot(long second, long nanos, String color, Timeline.Second calls) {
        if (calls.answered() > 0) {
            add(String.format(
                    Locale.ROOT,
                    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2\" fill=\"%s\"><title>second %d: %.1f ms</title></circle>",
                    LEFT + (second + 0.5) * scale,
                    latencyY((double) nanos),
                    color,
                    second,
                    nanos / 1e6));
        }
    }

    private void calls() {
        label("calls", top + CHART / 4);
        int most = timeline.seconds().values().stream()
                .mapToInt(second -> second.answered() + second.unanswered())
                .max()
                .orElse(1);
        double unit = CHART / 2.0 / most;
        for (Map.Entry<Long, Timeline.Second> each : timeline.seconds().entrySet()) {
            double x = LEFT + each.getKey() * scale;
            double good = each.getValue().answered() * unit;
            double bad = each.getValue().unanswered() * unit;
            String title = "second %d: %d answered, %d not"
                    .formatted(
                            each.getKey(),
                            each.getValue().answered(),
                            each.getValue().unanswered());
            rectangle(x, top + CHART / 2.0 - good, scale, good, "#7fae7a", title);
            rectangle(x, top + CHART / 2.0 - good - bad, scale, bad, "#c0392b", title);
        }
        top += CHART / 2 + 20;
    }

    private void rows(String prefix, String color, List<Bar> bars) {
        for (String line : new TreeSet<>(bars.stream().map(Bar::line).toList())) {
            label(prefix + line, top + ROW - 6);
            for (Bar bar : bars) {
                if (bar.line().equals(line)) {
                    rectangle(
                            LEFT + bar.beginNanos() / 1e9 * scale,
                            top + 2,
                            Math.max(2, bar.seconds() * scale),
                            ROW - 4,
                            color,
                            "%s %s: %.2f s, from second %.2f"
                                    .formatted(line, bar.label(), bar.seconds(), bar.beginNanos() / 1e9));
                }
            }
            top += ROW;
        }
    }

    private void axis() {
        double step = seconds > 600 ? 60 : 10;
        for (double second = 0; second <= seconds; second += step) {
            line(LEFT + second * scale, 10, LEFT + second * scale, top, "#eee");
            add(String.format(
                    Locale.ROOT, "<text x=\"%.1f\" y=\"%d\">%.0f s</text>", LEFT + second * scale, top + 16, second));
        }
    }

    private void rectangle(double x, double y, double width, double height, String color, String title) {
        add(String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"><title>%s</title></rect>",
                x,
                y,
                width,
                height,
                color,
                escape(title)));
    }

    private void line(double x1, double y1, double x2, double y2, String color) {
        add(String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>",
                x1,
                y1,
                x2,
                y2,
                color));
    }

    private void label(String text, int y) {
        add(String.format(Locale.ROOT, "<text x=\"4\" y=\"%d\">%s</text>", y, escape(text)));
    }

    private void add(String element) {
        svg.append(element).append('\n');
    }

    private static String trim(double number) {
        return String.format(Locale.ROOT, number < 1 ? "%.1f" : "%.0f", number);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
