package dev.varve.cli.status;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.varve.cli.Sizes;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;

/** A server's metrics in a few lines for people. */
final class Summary {

    private final Samples samples;
    private final List<String> lines = new ArrayList<>();

    private Summary(Samples samples) {
        this.samples = samples;
    }

    static List<String> lines(Samples samples) {
        Summary summary = new Summary(samples);
        summary.requests();
        summary.store();
        summary.damage();
        summary.syncs();
        summary.memory();
        return summary.lines;
    }

    private void requests() {
        Set<String> operations = new LinkedHashSet<>();
        for (Samples.Sample sample : samples.of("varve_requests_total")) {
            String operation = sample.labels().get("operation");
            if (operation != null) {
                operations.add(operation);
            }
        }
        for (String operation : operations) {
            double all = value("varve_requests_total", "operation", operation);
            double ok = value("varve_requests_total", "operation", operation, "outcome", "ok");
            if (all > 0) {
                double seconds = value("varve_request_duration_seconds_sum", "operation", operation);
                double count = value("varve_request_duration_seconds_count", "operation", operation);
                line(
                        "%-10s %,.0f requests, %,.0f not ok, mean %.2f ms",
                        operation, all, all - ok, millis(seconds, count));
            }
        }
    }

    private void store() {
        if (samples.sum("varve_revision").isPresent()) {
            line(
                    "%-10s revision %,.0f; log %s in %.0f segments; %.0f tables of %s; memtables %s",
                    "store",
                    value("varve_revision"),
                    size("varve_log_bytes"),
                    value("varve_log_segments"),
                    value("varve_tables"),
                    size("varve_table_bytes"),
                    size("varve_memtable_bytes"));
        }
        if (samples.sum("varve_file_bytes").isPresent()) {
            line(
                    "%-10s %s in files, %s live (%.2f times); %s moved to %.0f value segments of %s",
                    "space",
                    size("varve_file_bytes"),
                    size("varve_live_bytes"),
                    value("varve_space_amplification"),
                    size("varve_moved_bytes_total"),
                    value("varve_value_segments"),
                    size("varve_value_bytes"));
        }
    }

    private void damage() {
        if (value("varve_damage_found_total") > 0) {
            line(
                    "%-10s %,.0f places found, %,.0f repaired, %,.0f damaged now",
                    "damage",
                    value("varve_damage_found_total"),
                    value("varve_damage_repaired_total"),
                    value("varve_damaged_places"));
        }
    }

    private void syncs() {
        double count = value("varve_log_sync_duration_seconds_count");
        if (count > 0) {
            line(
                    "%-10s %,.0f, mean %.2f ms, %.1f writes each",
                    "fsyncs",
                    count,
                    millis(value("varve_log_sync_duration_seconds_sum"), count),
                    value("varve_log_sync_writes_sum") / count);
        }
    }

    private void memory() {
        OptionalDouble heap = samples.sum("jvm_memory_used_bytes", "area", "heap");
        if (heap.isPresent()) {
            line(
                    "%-10s heap %s of %s; requests in flight %s; connections %.0f",
                    "memory",
                    Sizes.show((long) heap.getAsDouble()),
                    size("jvm_memory_heap_max_bytes"),
                    size("varve_request_memory_bytes"),
                    value("varve_connections"));
        }
    }

    @FormatMethod
    private void line(@FormatString String format, Object... values) {
        lines.add(String.format(Locale.ROOT, format, values));
    }

    private double value(String name, String... labels) {
        return samples.sum(name, labels).orElse(0);
    }

    private String size(String name) {
        return Sizes.show((long) value(name));
    }

    private static double millis(double seconds, double count) {
        return count == 0 ? 0 : seconds / count * 1e3;
    }
}
