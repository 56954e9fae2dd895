package dev.varve.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {

    private final MemoryBudget budget = new MemoryBudget(100);
    private final List<String> granted = new ArrayList<>();

    @Test
    void noMoreThanTheCapacityIsReserved() {
        assertThat(budget.tryReserve(60)).isTrue();
        assertThat(budget.tryReserve(41)).isFalse();
        assertThat(budget.tryReserve(40)).isTrue();
        budget.release(100);
        assertThat(budget.usedBytes()).isZero();
        assertThatIllegalStateException().isThrownBy(() -> budget.release(1));
    }

    @Test
    void whoWaitsIsServedInOrderAndNobodyOvertakes() {
        budget.tryReserve(90);
        budget.await(50, () -> granted.add("large"));
        budget.await(5, () -> granted.add("small"));
        assertThat(budget.tryReserve(5)).as("there is room, but others wait").isFalse();
        assertThat(granted).isEmpty();
        budget.release(40);
        assertThat(granted).containsExactly("large");
        budget.release(50);
        assertThat(granted).containsExactly("large", "small");
        assertThat(budget.usedBytes()).isEqualTo(55);
        assertThat(budget.waiting()).isZero();
    }

    @Test
    void whoLeavesTheLineLetsOthersPass() {
        budget.tryReserve(90);
        MemoryBudget.Waiter large = budget.await(50, () -> granted.add("large"));
        budget.await(10, () -> granted.add("small"));
        budget.cancel(large);
        assertThat(granted).containsExactly("small");
        budget.release(100);
        assertThat(granted).containsExactly("small");
    }

    @Test
    void manyThreadsNeverHoldMoreThanTheCapacity() throws InterruptedException {
        int threads = 8;
        int rounds = 5_000;
        List<Thread> running = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int bytes = 10 + 10 * t;
            running.add(Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < rounds; i++) {
                        if (!budget.tryReserve(bytes)) {
                            CountDownLatch turn = new CountDownLatch(1);
                            budget.await(bytes, turn::countDown);
                            turn.await();
                        }
                        assertThat(budget.usedBytes()).isBetween((long) bytes, 100L);
                        budget.release(bytes);
                    }
                } catch (Throwable e) {
                    synchronized (failures) {
                        failures.add(e);
                    }
                }
            }));
        }
        for (Thread thread : running) {
            thread.join();
        }
        assertThat(failures).isEmpty();
        assertThat(budget.usedBytes()).isZero();
    }
}
