package dev.varve.cli.chart;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.List;
import java.util.Locale;

/** An SVG image of lines, bars and text. Positions and sizes are in pixels from the upper left corner. Not thread-safe. */
public final class Svg {

    /** Colours that can be told apart, also in print: for the first, second, ... row of a chart. */
    public static final List<String> COLORS = List.of("#1f6f8b", "#c8553d", "#5b8c5a", "#8e5572");

    private final StringBuilder svg = new StringBuilder();

    /** Where a text stands relative to its position. */
    public enum Anchor {
        START,
        MIDDLE,
        END
    }

    /** A white image. */
    public Svg(int width, int height) {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">",
                width, height);
        rectangle(0, 0, width, height, "#ffffff");
    }

    /** A filled rectangle. */
    public void rectangle(double x, double y, double width, double height, String color) {
        add("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>", x, y, width, height, color);
    }

    /** A thin grey line for a grid. */
    public void gridLine(double x1, double y1, double x2, double y2) {
        add("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#dddddd\"/>", x1, y1, x2, y2);
    }

    /** A line through points. */
    public void curve(List<Point> points, String color) {
        StringBuilder path = new StringBuilder();
        for (Point point : points) {
            path.append(String.format(Locale.ROOT, "%.1f,%.1f ", point.x(), point.y()));
        }
        add(
                "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>",
                color, path.toString().strip());
    }

    /** A place in the image. */
    public record Point(double x, double y) {}

    /** A line of text on a baseline. */
    public void text(double x, double y, Anchor anchor, int size, String text) {
        String escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        add(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\" fill=\"#333333\">%s</text>",
                x, y, anchor.name().toLowerCase(Locale.ROOT), size, escaped);
    }

    @FormatMethod
    private void add(@FormatString String format, Object... arguments) {
        svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }

    /** The whole file. */
    @Override
    public String toString() {
        return svg + "</svg>\n";
    }
}
