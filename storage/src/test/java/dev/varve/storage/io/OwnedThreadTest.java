package dev.varve.storage.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OwnedThreadTest {

    @Test
    void itRunsItsWorkUnderItsNameAndKeepsNoProcessAlive() throws Exception {
        CompletableFuture<Thread> ran = new CompletableFuture<>();
        OwnedThread thread = new OwnedThread("varve-test", () -> ran.complete(Thread.currentThread()));
        assertThat(ran).isNotDone();
        thread.start();
        thread.join();
        assertThat(ran.get().getName()).isEqualTo("varve-test");
        assertThat(ran.get().isDaemon()).isTrue();
        assertThat(ran.get().isAlive()).isFalse();
    }

    @Test
    void oneThatWasNeverStartedIsNotWaitedFor() {
        AtomicBoolean ran = new AtomicBoolean();
        OwnedThread thread = new OwnedThread("varve-test", () -> ran.set(true));
        thread.unpark();
        thread.join();
        assertThat(ran).isFalse();
    }

    @Test
    void itIsWokenFromItsPark() {
        AtomicBoolean end = new AtomicBoolean();
        OwnedThread thread = new OwnedThread("varve-test", () -> {
            while (!end.get()) {
                LockSupport.park();
            }
        });
        thread.start();
        end.set(true);
        thread.unpark();
        thread.join();
    }

    @Test
    void anInterruptOfTheOneThatJoinsIsKeptAndDoesNotReachTheThread() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        AtomicBoolean interrupted = new AtomicBoolean();
        AtomicBoolean ended = new AtomicBoolean();
        OwnedThread thread = new OwnedThread("varve-test", () -> {
            try {
                end.await();
            } catch (InterruptedException e) {
                interrupted.set(true);
            }
            ended.set(true);
        });
        thread.start();
        CompletableFuture<String> joined = new CompletableFuture<>();
        Thread owner = Thread.ofPlatform().start(() -> {
            Thread.currentThread().interrupt();
            thread.join();
            joined.complete("ended: " + ended + ", interrupted: "
                    + Thread.currentThread().isInterrupted());
        });
        while (owner.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        end.countDown();
        assertThat(joined.get()).isEqualTo("ended: true, interrupted: true");
        assertThat(interrupted).isFalse();
    }
}
