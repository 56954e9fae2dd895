package dev.varve.client;

import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A body that fails when its server sends nothing more for too long; the time-out of the JDK's client ends with the head of the answer.
 *
 * <p>Time counts only while bytes are asked for: who takes a long range slowly is not late, and a body may take any time in all as long
 * as it goes on.
 *
 * <p>Thread-safe: bytes come on a thread of the client's, the time-out on another, and neither disturbs the other's call.
 *
 * @param <T> what the body becomes
 */
final class BodyTimeout<T> implements BodySubscriber<T>, Flow.Subscription {

    private final BodySubscriber<T> body;
    private final Duration timeout;

    /** Guarded by this. */
    private Flow.@Nullable Subscription source;

    /** How many buffers are asked for and have not come; guarded by this. */
    private long wanted;

    /** When the last one came, or was asked for after none was; guarded by this. */
    private long sinceNanos;

    /** Ends when the time is to be looked at, which is null if it is not; guarded by this. */
    private @Nullable CompletableFuture<Void> watch;

    /** Guarded by this. */
    private boolean ended;

    BodyTimeout(BodySubscriber<T> body, Duration timeout) {
        this.body = body;
        this.timeout = timeout;
    }

    @Override
    public CompletionStage<T> getBody() {
        return body.getBody();
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        synchronized (this) {
            source = subscription;
        }
        body.onSubscribe(this);
    }

    @Override
    public void request(long buffers) {
        Flow.Subscription from;
        synchronized (this) {
            from = source;
            if (wanted == 0) {
                sinceNanos = System.nanoTime();
            }
            wanted = buffers > Long.MAX_VALUE - wanted ? Long.MAX_VALUE : wanted + buffers;
            if (!ended && watch == null) {
                watch(timeout.toNanos());
            }
        }
        if (from != null) {
            from.request(buffers);
        }
    }

    @Override
    public synchronized void onNext(List<ByteBuffer> buffers) {
        if (!ended) {
            wanted -= wanted == Long.MAX_VALUE ? 0 : 1;
            sinceNanos = System.nanoTime();
            body.onNext(buffers);
        }
    }

    @Override
    public synchronized void onError(Throwable failure) {
        if (!ended) {
            end();
            body.onError(failure);
        }
    }

    @Override
    public synchronized void onComplete() {
        if (!ended) {
            end();
            body.onComplete();
        }
    }

    @Override
    public void cancel() {
        Flow.Subscription from;
        synchronized (this) {
            end();
            from = source;
        }
        if (from != null) {
            from.cancel();
        }
    }

    /** Under the lock. What waits for the time would keep the body until then. */
    private void end() {
        ended = true;
        if (watch != null) {
            watch.cancel(false);
        }
    }

    /** Under the lock. */
    private void watch(long nanos) {
        CompletableFuture<Void> due =
                new CompletableFuture<Void>().completeOnTimeout(null, nanos, TimeUnit.NANOSECONDS);
        var _ = due.thenRunAsync(this::look);
        watch = due;
    }

    private void look() {
        Flow.Subscription from;
        synchronized (this) {
            watch = null;
            if (ended || wanted == 0) {
                return; // The next request watches again.
            }
            long left = timeout.toNanos() - (System.nanoTime() - sinceNanos);
            if (left > 0) {
                watch(left);
                return;
            }
            ended = true;
            from = source;
            body.onError(new HttpTimeoutException("the server sent nothing more for " + timeout.toMillis() + " ms"));
        }
        if (from != null) {
            from.cancel();
        }
    }
}
