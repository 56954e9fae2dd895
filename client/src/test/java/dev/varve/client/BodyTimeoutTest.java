package dev.varve.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BodyTimeoutTest {

    /** The sending side; nothing comes but by hand. */
    private static final class Source implements Flow.Subscription {
        private final CompletableFuture<Void> cancelled = new CompletableFuture<>();

        @Override
        public void request(long n) {}

        @Override
        public void cancel() {
            cancelled.complete(null);
        }
    }

    /** A body that asks for nothing until it is told to. */
    private static final class Slow implements BodySubscriber<String> {
        private final CompletableFuture<String> failure = new CompletableFuture<>();
        private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();

        @Override
        public CompletionStage<String> getBody() {
            return failure;
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription.complete(given);
        }

        @Override
        public void onNext(List<ByteBuffer> item) {}

        @Override
        public void onError(Throwable cause) {
            failure.complete(String.valueOf(cause.getMessage()));
        }

        @Override
        public void onComplete() {}
    }

    private static List<ByteBuffer> bytes(String text) {
        return List.of(ByteBuffer.wrap(text.getBytes(US_ASCII)));
    }

    @Test
    void aBodyThatComesIsTheBody() {
        BodyTimeout<String> body = new BodyTimeout<>(BodySubscribers.ofString(US_ASCII), Duration.ofMinutes(1));
        body.onSubscribe(new Source());
        body.onNext(bytes("ab"));
        body.onNext(bytes("c"));
        body.onComplete();
        assertThat(body.getBody().toCompletableFuture()).isCompletedWithValue("abc");
    }

    @Test
    void aSourceThatSendsNothingMoreIsCancelledAndTheBodyFails() {
        Source source = new Source();
        BodyTimeout<String> body = new BodyTimeout<>(BodySubscribers.ofString(US_ASCII), Duration.ofMillis(20));
        body.onSubscribe(source);
        body.onNext(bytes("ab"));
        assertThatThrownBy(() -> body.getBody().toCompletableFuture().get())
                .hasCauseInstanceOf(HttpTimeoutException.class)
                .hasMessageContaining("nothing more for 20 ms");
        source.cancelled.join();
        body.onNext(bytes("c"));
        body.onComplete();
        assertThat(body.getBody().toCompletableFuture()).isCompletedExceptionally();
    }

    @Test
    void timeCountsOnlyWhileBytesAreAskedFor() {
        Slow slow = new Slow();
        Duration timeout = Duration.ofMillis(20);
        BodyTimeout<String> body = new BodyTimeout<>(slow, timeout);
        body.onSubscribe(new Source());
        slow.subscription.join().request(1);
        body.onNext(bytes("ab"));
        // Another body with the same time-out fails meanwhile, so that this one would have as well.
        BodyTimeout<String> other = new BodyTimeout<>(BodySubscribers.ofString(US_ASCII), timeout);
        other.onSubscribe(new Source());
        assertThatThrownBy(() -> other.getBody().toCompletableFuture().get())
                .hasCauseInstanceOf(HttpTimeoutException.class);
        assertThat(slow.failure).isNotDone();
        slow.subscription.join().request(1);
        assertThat(slow.failure.join()).contains("nothing more for 20 ms");
    }

    @Test
    void aBodyThatHasEndedIsNotKeptUntilItsTime() throws InterruptedException {
        ReferenceQueue<Object> forgotten = new ReferenceQueue<>();
        List<Reference<?>> kept = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            BodyTimeout<String> body = new BodyTimeout<>(BodySubscribers.ofString(US_ASCII), Duration.ofMinutes(10));
            kept.add(new PhantomReference<>(body, forgotten));
            body.onSubscribe(new Source());
            body.onNext(bytes("ab"));
            switch (i) {
                case 0 -> body.onComplete();
                case 1 -> body.onError(new IllegalStateException("broken"));
                case 2 -> body.cancel();
                default -> body.onNext(bytes("c")); // Goes on.
            }
        }
        for (int left = kept.size() - 1; left > 0; ) {
            System.gc();
            left -= forgotten.remove(100) == null ? 0 : 1;
        }
        System.gc();
        assertThat(forgotten.poll()).isNull();
    }

    @Test
    void aFailureOfTheSourceIsPassedOnOnce() {
        BodyTimeout<String> body = new BodyTimeout<>(BodySubscribers.ofString(US_ASCII), Duration.ofMinutes(1));
        body.onSubscribe(new Source());
        body.onError(new IllegalStateException("broken"));
        body.onError(new IllegalStateException("again"));
        assertThatThrownBy(() -> body.getBody().toCompletableFuture().get()).hasRootCauseMessage("broken");
    }
}
