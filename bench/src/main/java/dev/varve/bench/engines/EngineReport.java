package dev.varve.bench.engines;

import dev.varve.bench.harness.BarChart;
import dev.varve.bench.harness.Report;
import dev.varve.bench.harness.Results;
import dev.varve.bench.harness.Series;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;

/** Tells the results of the engines: tables in Markdown, JSON, and a chart. */
final class EngineReport {

    private final Report report;
    private final List<Contender> contenders;
    private final Results results;
    private final List<String> notes;

    /**
     * A figure that is told beside the rates, for every workload that has it.
     *
     * @param title as in the report
     * @param name of the figure
     * @param format of its values
     */
    private record Told(String title, String name, DoubleFunction<String> format) {}

    private static final List<Told> TOLD = List.of(
            new Told("bytes to the device a byte", EngineFigures.WRITE_AMPLIFICATION, Report::decimal),
            new Told("bytes on the disk a byte", EngineFigures.SPACE_AMPLIFICATION, Report::decimal),
            new Told("seconds to come to rest", EngineFigures.REST_SECONDS, Report::decimal),
            new Told("writes a second meanwhile", EngineFigures.WRITES_PER_SECOND, Report::count),
            new Told("p99.9 of these writes, ms", EngineFigures.WRITES_P999_MICROS, EngineReport::millis),
            new Told("to open, ms", EngineFigures.OPEN_MILLIS, Report::count),
            new Told("first read, ms", EngineFigures.FIRST_READ_MILLIS, Report::decimal),
            new Told("keys lost", EngineFigures.LOST, Report::count),
            new Told("memory, MiB", EngineFigures.MEMORY_MEBIBYTES, Report::count));

    /**
     * @param facts machine and settings, in the order in which they are shown
     * @param contenders in the order of the columns
     * @param notes what else there is to say, such as what failed
     */
    EngineReport(Map<String, String> facts, List<Contender> contenders, Results results, List<String> notes) {
        this.report = new Report(facts, results, EngineTargets.ALL);
        this.contenders = contenders;
        this.results = results;
        this.notes = notes;
    }

    /** The tables, line by line. */
    List<String> markdown() {
        List<String> lines = new ArrayList<>(report.facts());
        notes.forEach(note -> lines.add("- " + note));
        lines.add("");
        lines.add(head("operations/s (p50 / p99 / p99.9 in ms)"));
        lines.add("|---|" + "---|".repeat(contenders.size()));
        for (Workload workload : Workload.values()) {
            if (isMeasured(workload, Series.PER_SECOND)) {
                lines.add(row(workload.title(), contender -> rate(workload, contender)));
            }
        }
        lines.add("");
        lines.add(head("and"));
        lines.add("|---|" + "---|".repeat(contenders.size()));
        for (Workload workload : Workload.values()) {
            for (Told told : TOLD) {
                if (isMeasured(workload, told.name()) && isToldOf(workload, told)) {
                    lines.add(row(
                            workload.title() + ": " + told.title(),
                            contender -> shown(median(workload, contender, told.name()), told.format())));
                }
            }
        }
        lines.add("");
        lines.addAll(report.targets());
        return lines;
    }

    @FunctionalInterface
    private interface Cell {
        String of(Contender contender);
    }

    private String head(String what) {
        return row(what, Contender::title);
    }

    private String row(String title, Cell cell) {
        return contenders.stream().map(cell::of).collect(Collectors.joining(" | ", "| " + title + " | ", " |"));
    }

    private boolean isMeasured(Workload workload, String figure) {
        return contenders.stream().anyMatch(contender -> !Double.isNaN(median(workload, contender, figure)));
    }

    /** Memory is the most so far, so that the last one tells for all. */
    private static boolean isToldOf(Workload workload, Told told) {
        return !told.name().equals(EngineFigures.MEMORY_MEBIBYTES) || workload.isLastOfStage();
    }

    private double median(Workload workload, Contender contender, String figure) {
        return results.median(EngineTargets.series(workload, contender, figure));
    }

    private String rate(Workload workload, Contender contender) {
        double perSecond = median(workload, contender, Series.PER_SECOND);
        return Double.isNaN(perSecond)
                ? ""
                : "%s (%s / %s / %s)"
                        .formatted(
                                Report.count(perSecond),
                                millis(median(workload, contender, Series.P50_MICROS)),
                                millis(median(workload, contender, Series.P99_MICROS)),
                                millis(median(workload, contender, Series.P999_MICROS)));
    }

    private static String shown(double value, DoubleFunction<String> format) {
        return Double.isNaN(value) ? "" : format.apply(value);
    }

    private static String millis(double micros) {
        return String.format(Locale.ROOT, micros < 100 ? "%.3f" : "%.2f", micros / 1e3);
    }

    /** Everything that was measured. */
    String json() {
        return report.json();
    }

    /** Bars of the rates, a group for each workload with a scale of its own. */
    String svg() {
        List<String> names = contenders.stream().map(Contender::title).toList();
        List<BarChart.Group> groups = Arrays.stream(Workload.values())
                .filter(workload -> isMeasured(workload, Series.PER_SECOND))
                .map(workload -> new BarChart.Group(workload.title(), bars(workload)))
                .toList();
        return BarChart.draw("Operations a second", names, groups);
    }

    private List<BarChart.Bar> bars(Workload workload) {
        return contenders.stream()
                .map(contender -> new BarChart.Bar(contender.title(), median(workload, contender, Series.PER_SECOND)))
                .filter(bar -> !Double.isNaN(bar.value()))
                .toList();
    }
}
