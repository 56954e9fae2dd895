package dev.varve.systemtests.chaos;

import dev.varve.systemtests.chaos.Keyspace.Component;
import dev.varve.systemtests.chaos.Keyspace.Shape;
import dev.varve.testkit.history.Operation;
import dev.varve.testkit.history.Outcome;
import dev.varve.testkit.history.Recorder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A client that makes one call after the other, to a node that it changes now and then, and when it is not served. Half of its writes have an
 * {@code Idempotency-Key}: these it repeats until it knows how they ended, and some of them again later, when they must change nothing.
 */
final class ChaosClient implements Runnable {

    private static final long THINKING_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(30);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int ATTEMPTS_MAX = 4;

    private final int number;
    private final Chaos chaos;
    private final RandomGenerator random;
    private final List<String> urls;
    private final Deque<Repetition> repetitions = new ArrayDeque<>();
    private int node;
    private long calls;

    /** A write that was answered, and is sent once more. */
    private record Repetition(Component component, Operation operation, String key, StoreClient.Answer answer) {}

    /** @param urls of the nodes, by a way of its own or directly */
    ChaosClient(int number, Chaos chaos, List<String> urls, RandomGenerator random) {
        this.number = number;
        this.chaos = chaos;
        this.urls = urls;
        this.random = random;
        this.node = number % urls.size();
    }

    @Override
    public void run() {
        try {
            while (!chaos.stopped()) {
                call();
                if (repetitions.size() > 5 || (!repetitions.isEmpty() && random.nextInt(10) == 0)) {
                    repeat(repetitions.remove());
                }
                LockSupport.parkNanos(random.nextLong(THINKING_NANOS_MAX));
            }
            while (!repetitions.isEmpty()) {
                repeat(repetitions.remove());
            }
        } catch (RuntimeException | InterruptedException e) {
            chaos.violation("client " + number + " failed: " + e);
        }
    }

    private void call() throws InterruptedException {
        Component component = chaos.keyspace().acquire(random);
        Operation operation = draw(component);
        boolean once = !operation.kind().reads() && random.nextBoolean();
        String key = once ? "client-" + number + "-" + calls : null;
        Recorder.Begun begun = chaos.recorder().begin(number, operation);
        StoreClient.Answer answer = send(operation, key);
        var call = begun.end(answer.outcome(), answer.revision());
        chaos.timeline().ended(call);
        Outcome.Kind outcome = answer.outcome().kind();
        if (key != null
                && outcome != Outcome.Kind.UNKNOWN
                && outcome != Outcome.Kind.REFUSED
                && random.nextInt(4) == 0) {
            component.retain();
            repetitions.add(new Repetition(component, operation, key, answer));
        }
        if (component.shape() == Shape.GROUP && operation.kind() == Operation.Kind.RANGE) {
            if (answer.outcome().found().stream().distinct().count() > 1) {
                chaos.violation("a torn batch: " + call);
            }
        }
        component.release(call);
    }

    private Operation draw(Component component) {
        List<String> keys = component.keys();
        String key = keys.get(random.nextInt(keys.size()));
        String value = "v" + number + "." + calls++;
        int kind = random.nextInt(20);
        return switch (component.shape()) {
            case SINGLE ->
                switch (kind) {
                    case 0, 1, 2, 3, 4, 5, 6 -> Operation.get(key);
                    case 7, 8, 9, 10, 11, 12 -> Operation.put(key, value);
                    case 13, 14, 15 -> Operation.putIfAbsent(key, value);
                    default -> Operation.delete(key);
                };
            case GROUP -> kind < 10 ? Operation.range(keys) : Operation.batch(keys, value);
            case MIXED ->
                switch (kind) {
                    case 0, 1, 2, 3 -> Operation.get(key);
                    case 4, 5, 6, 7, 8, 9 -> Operation.range(keys);
                    case 10, 11, 12 -> Operation.put(key, value);
                    case 13 -> Operation.putIfAbsent(key, value);
                    case 14, 15 -> Operation.delete(key);
                    default -> Operation.batch(keys, value);
                };
        };
    }

    /** The outcome of all attempts together: what was unknown once is known only by an answer. */
    private StoreClient.Answer send(Operation operation, @Nullable String key) throws InterruptedException {
        boolean unknown = false;
        StoreClient.Answer answer = StoreClient.Answer.of(Outcome.refused());
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            answer = attempt(operation, key);
            Outcome.Kind outcome = answer.outcome().kind();
            if (outcome == Outcome.Kind.DONE || outcome == Outcome.Kind.MISSED) {
                return answer;
            }
            unknown |= outcome == Outcome.Kind.UNKNOWN;
            node = (node + 1) % urls.size();
            LockSupport.parkNanos(PAUSE_NANOS);
            boolean harmless = operation.kind().reads() || key != null || !unknown;
            if (!harmless || chaos.stopped()) {
                break;
            }
        }
        return unknown ? StoreClient.Answer.of(Outcome.unknown()) : answer;
    }

    private StoreClient.Answer attempt(Operation operation, @Nullable String key) throws InterruptedException {
        if (random.nextInt(50) == 0) {
            node = random.nextInt(urls.size());
        }
        String consistency = random.nextInt(5) == 0 ? "lease" : "linearizable";
        StoreClient.Answer answer = chaos.http().send(urls.get(node), operation, key, consistency);
        if (answer.trouble() != null) {
            chaos.violation("an answer that should not be: " + answer.trouble());
        }
        return answer;
    }

    private void repeat(Repetition repetition) throws InterruptedException {
        StoreClient.Answer again = send(repetition.operation(), repetition.key());
        Outcome.Kind outcome = again.outcome().kind();
        boolean answered = outcome == Outcome.Kind.DONE || outcome == Outcome.Kind.MISSED;
        if (answered
                && !(again.outcome().equals(repetition.answer().outcome())
                        && again.revision() == repetition.answer().revision())) {
            chaos.violation("a repetition of " + repetition.operation() + " was answered with " + again
                    + ", and first with " + repetition.answer());
        }
        chaos.timeline().repeated(answered);
        repetition.component().release(null);
    }
}
