package dev.varve.server.metrics;

import dev.varve.protocol.AcceptHeader;
import dev.varve.replication.cluster.ServedStore;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All metrics as text, for Prometheus and whatever else reads its format. Thread-safe. */
public final class MetricsPage {

    private static final String OPEN_METRICS = "application/openmetrics-text";

    private final ServedStore served;
    private final LogSyncMetrics syncs;
    private final List<LoopMetrics> loops;
    private final List<Gauge> gauges;
    private final ExpositionFormats formats = ExpositionFormats.init();

    public MetricsPage(ServedStore served, LogSyncMetrics syncs, List<LoopMetrics> loops, List<Gauge> gauges) {
        this.served = served;
        this.syncs = syncs;
        this.loops = List.copyOf(loops);
        this.gauges = List.copyOf(gauges);
    }

    /** The media type that a client with this {@code Accept} header gets. */
    public String mediaType(@Nullable String accept) {
        return writer(accept).getContentType();
    }

    /** The page in that type. */
    public byte[] text(@Nullable String accept) {
        ByteArrayOutputStream text = new ByteArrayOutputStream(16 << 10);
        try {
            writer(accept).write(text, collect());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toByteArray();
    }

    private ExpositionFormatWriter writer(@Nullable String accept) {
        return AcceptHeader.names(accept, OPEN_METRICS)
                ? formats.getOpenMetricsTextFormatWriter()
                : formats.getPrometheusTextFormatWriter();
    }

    private MetricSnapshots collect() {
        List<MetricSnapshot> metrics = new ArrayList<>();
        metrics.addAll(RequestMetrics.collect(loops));
        metrics.addAll(syncs.collect());
        metrics.addAll(StoreMetrics.collect(served.store()));
        metrics.addAll(ClusterMetrics.collect(served.view(), served.lastCompared()));
        for (Gauge gauge : gauges) {
            metrics.add(
                    Snapshots.gauge(gauge.name(), gauge.help(), gauge.value().getAsLong()));
        }
        metrics.addAll(JvmMetrics.collect());
        return new MetricSnapshots(metrics);
    }
}
