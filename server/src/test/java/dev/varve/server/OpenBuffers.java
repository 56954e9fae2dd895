package dev.varve.server;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakTracker;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Counts the buffers of this process that were allocated and not yet released. Netty makes one for each kind of resource that it watches
 * when a test names this class in {@code io.netty.customResourceLeakDetector}.
 *
 * @param <T> what is watched
 */
public final class OpenBuffers<T> extends ResourceLeakDetector<T> {

    private static final AtomicLong OPEN = new AtomicLong();

    /** Called by Netty. */
    public OpenBuffers(Class<?> type, int samplingInterval) {
        super(type, samplingInterval);
    }

    /** How many there are. */
    static long count() {
        return OPEN.get();
    }

    @Override
    public ResourceLeakTracker<T> track(T resource) {
        OPEN.incrementAndGet();
        return new Counted<>(super.track(resource));
    }

    private record Counted<T>(@Nullable ResourceLeakTracker<T> watched) implements ResourceLeakTracker<T> {

        @Override
        public void record() {
            if (watched != null) {
                watched.record();
            }
        }

        @Override
        public void record(Object hint) {
            if (watched != null) {
                watched.record(hint);
            }
        }

        @Override
        public boolean close(T resource) {
            OPEN.decrementAndGet();
            return watched == null || watched.close(resource);
        }
    }
}
