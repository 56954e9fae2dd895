package dev.varve.bench.harness;

import dev.varve.cli.chart.Svg;
import dev.varve.cli.chart.Svg.Anchor;
import java.util.List;
import java.util.Locale;

/** Horizontal bars in groups; in each group the longest bar has the full length. */
public final class BarChart {

    private static final int WIDTH = 760;
    private static final int LEFT = 200;
    private static final int RIGHT = 180;
    private static final int TOP = 50;
    private static final int BAR = 16;
    private static final int GAP = 14;

    private BarChart() {}

    /** A value that is drawn. */
    public record Bar(String name, double value) {}

    /** Bars that are compared. */
    public record Group(String title, List<Bar> bars) {}

    /**
     * The whole image.
     *
     * @param names of all bars; a name has the same colour in every group
     */
    public static String draw(String title, List<String> names, List<Group> groups) {
        int height = TOP
                + groups.stream()
                        .mapToInt(group -> group.bars().size() * BAR + GAP)
                        .sum();
        Svg svg = new Svg(WIDTH, height);
        svg.text(GAP, 24, Anchor.START, 15, title);
        int y = TOP;
        for (Group group : groups) {
            svg.text(LEFT - 10, y + BAR - 4, Anchor.END, 12, group.title());
            double longest = group.bars().stream().mapToDouble(Bar::value).max().orElse(1);
            for (Bar bar : group.bars()) {
                double length = (WIDTH - LEFT - RIGHT) * bar.value() / longest;
                String color = Svg.COLORS.get(names.indexOf(bar.name()) % Svg.COLORS.size());
                svg.rectangle(LEFT, y, length, BAR - 3, color);
                String label = String.format(Locale.ROOT, "%s  %,.0f", bar.name(), bar.value());
                svg.text(LEFT + length + 6, y + BAR - 5, Anchor.START, 12, label);
                y += BAR;
            }
            y += GAP;
        }
        return svg.toString();
    }
}
