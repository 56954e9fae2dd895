package dev.varve.server.metrics;

import dev.varve.protocol.ErrorCode;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What one event loop counts. Thread safety: only its loop counts, anybody reads. */
public final class LoopMetrics {

    private final Map<OperationKind, OperationMetrics> operations = new EnumMap<>(OperationKind.class);

    public LoopMetrics() {
        for (OperationKind kind : OperationKind.values()) {
            operations.put(kind, new OperationMetrics());
        }
    }

    /** Counts one answered request; {@code error} is null if it succeeded. */
    public void answered(OperationKind kind, @Nullable ErrorCode error, long latencyNanos) {
        of(kind).answered(error, latencyNanos);
    }

    OperationMetrics of(OperationKind kind) {
        OperationMetrics operation = operations.get(kind);
        if (operation == null) {
            throw new IllegalStateException("no metrics for " + kind);
        }
        return operation;
    }
}
