package dev.varve.systemtests.chaos;

import dev.varve.testkit.history.Operation;
import dev.varve.testkit.history.Outcome;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Makes a sound cluster look as if it had a bug, now and then. Thread-safe. */
final class SpoiltClient extends StoreClient {

    private static final int SHARE = 15;
    private static final long LATER_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    /** What the cluster seems to do wrongly. */
    enum Bug {
        /** Reads give what the asked node happens to have. */
        STALE_READ,
        /** A write is acknowledged and not made. */
        LOST_WRITE,
        /** The keys of a batch are written one after the other. */
        TORN_BATCH,
        /** A put that wants its key to be absent is made although it is there. */
        IGNORED_CONDITION,
        /** A write is made once more, a while later. */
        DOUBLE_APPLY
    }

    private final Bug bug;
    private final RandomGenerator random;

    SpoiltClient(Bug bug, RandomGenerator random) {
        this.bug = bug;
        this.random = random;
    }

    @Override
    Answer send(String url, Operation operation, @Nullable String idempotencyKey, String consistency)
            throws InterruptedException {
        boolean trip = trips();
        if (bug == Bug.STALE_READ) {
            return super.send(url, operation, idempotencyKey, "stale");
        }
        if (trip && bug == Bug.LOST_WRITE && operation.kind() == Operation.Kind.PUT) {
            return Answer.of(Outcome.done());
        }
        if (trip && bug == Bug.TORN_BATCH && operation.kind() == Operation.Kind.BATCH) {
            Answer last = Answer.of(Outcome.unknown());
            for (String key : operation.keys()) {
                last = super.send(url, Operation.put(key, String.valueOf(operation.value())), null, consistency);
            }
            return last;
        }
        if (trip && bug == Bug.IGNORED_CONDITION && operation.kind() == Operation.Kind.PUT_IF_ABSENT) {
            Operation put = Operation.put(operation.keys().getFirst(), String.valueOf(operation.value()));
            return super.send(url, put, null, consistency);
        }
        Answer answer = super.send(url, operation, idempotencyKey, consistency);
        if (trip && bug == Bug.DOUBLE_APPLY && operation.kind() == Operation.Kind.PUT) {
            Thread.startVirtualThread(() -> sendLater(url, operation));
        }
        return answer;
    }

    private synchronized boolean trips() {
        return random.nextInt(SHARE) == 0;
    }

    private void sendLater(String url, Operation operation) {
        LockSupport.parkNanos(LATER_NANOS);
        try {
            super.send(url, operation, null, "linearizable");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
