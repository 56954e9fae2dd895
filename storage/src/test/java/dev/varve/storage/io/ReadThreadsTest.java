package dev.varve.storage.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ReadThreadsTest {

    private final AtomicInteger ran = new AtomicInteger();

    @Test
    void allTasksHaveRunWhenItReturns() {
        try (ReadThreads threads = new ReadThreads()) {
            for (int tasks = 1; tasks < 10; tasks++) {
                ran.set(0);
                threads.run(Collections.nCopies(tasks, (Runnable) ran::incrementAndGet));
                assertThat(ran).hasValue(tasks);
            }
        }
    }

    @Test
    void moreTasksThanThreadsAndPlacesInTheQueueAreRun() {
        try (ReadThreads threads = new ReadThreads()) {
            threads.run(Collections.nCopies(1000, (Runnable) ran::incrementAndGet));
            assertThat(ran).hasValue(1000);
        }
    }

    @Test
    void tasksRunAtTheSameTime() {
        CountDownLatch together = new CountDownLatch(3);
        Runnable meeting = () -> {
            together.countDown();
            try {
                together.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        };
        try (ReadThreads threads = new ReadThreads()) {
            threads.run(List.of(meeting, meeting, meeting));
            assertThat(together.getCount()).isZero();
        }
    }

    @Test
    void afterClosingTheCallerRunsThem() {
        ReadThreads threads = new ReadThreads();
        threads.close();
        threads.run(Collections.nCopies(3, (Runnable) ran::incrementAndGet));
        assertThat(ran).hasValue(3);
    }

    @Test
    void anInterruptIsKeptForLater() {
        try (ReadThreads threads = new ReadThreads()) {
            Thread.currentThread().interrupt();
            threads.run(Collections.nCopies(10, (Runnable) ran::incrementAndGet));
            assertThat(Thread.interrupted()).isTrue();
            assertThat(ran).hasValue(10);
        }
    }
}
