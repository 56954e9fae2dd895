package dev.varve.server.metrics;

import dev.varve.protocol.ErrorCode;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Counts and latencies of one kind of request on one event loop. Thread safety: one thread writes, so that counting takes
 * neither a lock nor an atomic instruction; anybody reads, and sees each number as it was a moment ago.
 */
final class OperationMetrics {

    private final AtomicLong succeeded = new AtomicLong();
    private final Map<ErrorCode, AtomicLong> failed = new EnumMap<>(ErrorCode.class);
    private final AtomicLongArray buckets = new AtomicLongArray(LatencyBuckets.COUNT);
    private final AtomicLong nanos = new AtomicLong();

    OperationMetrics() {
        for (ErrorCode code : ErrorCode.values()) {
            failed.put(code, new AtomicLong());
        }
    }

    void answered(@Nullable ErrorCode error, long latencyNanos) {
        add(counter(error), 1);
        add(nanos, latencyNanos);
        int bucket = LatencyBuckets.of(latencyNanos);
        buckets.lazySet(bucket, buckets.getPlain(bucket) + 1);
    }

    /** How many ended so; null is success. */
    long count(@Nullable ErrorCode error) {
        return counter(error).get();
    }

    long bucket(int bucket) {
        return buckets.get(bucket);
    }

    long nanos() {
        return nanos.get();
    }

    private AtomicLong counter(@Nullable ErrorCode error) {
        AtomicLong counter = error == null ? succeeded : failed.get(error);
        if (counter == null) {
            throw new IllegalStateException("no counter for " + error);
        }
        return counter;
    }

    private static void add(AtomicLong counter, long amount) {
        counter.lazySet(counter.getPlain() + amount);
    }
}
