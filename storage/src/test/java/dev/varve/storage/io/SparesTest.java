package dev.varve.storage.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SparesTest {

    private static final int ROUNDS = 200_000;

    private final AtomicInteger made = new AtomicInteger();
    private final Spares<AtomicBoolean> spares = new Spares<>(() -> {
        made.incrementAndGet();
        return new AtomicBoolean();
    });

    @Test
    void whatWasGivenBackIsLentAgain() {
        AtomicBoolean first = spares.take();
        spares.giveBack(first);
        assertThat(spares.take()).isSameAs(first);
        assertThat(made).hasValue(1);
    }

    @Test
    void whatIsLentIsNotLentAgain() {
        assertThat(spares.take()).isNotSameAs(spares.take());
    }

    @Test
    void noTwoThreadsEverHaveTheSame() {
        CompletableFuture<?>[] users = new CompletableFuture<?>[4];
        for (int i = 0; i < users.length; i++) {
            users[i] = CompletableFuture.runAsync(() -> {
                for (int round = 0; round < ROUNDS; round++) {
                    AtomicBoolean mine = spares.take();
                    if (mine.getAndSet(true)) {
                        throw new AssertionError("lent twice");
                    }
                    mine.set(false);
                    spares.giveBack(mine);
                }
            });
        }
        CompletableFuture.allOf(users).join();
        assertThat(made.get()).isLessThan(ROUNDS);
    }
}
