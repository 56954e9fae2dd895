package dev.varve.testkit.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A store with several clients at once in simulated time, which does everything rightly, or has one bug. Each call takes effect at a moment between its
 * beginning and its end; some answers are lost, and what they would have answered takes effect much later or never.
 */
final class ServedModel {

    /** What the store may do wrongly. */
    enum Bug {
        NONE,
        /** A read now and then gives what was there before the last change of its first key. */
        STALE_READ,
        /** A write is now and then acknowledged and not made. */
        LOST_WRITE,
        /** The second half of a batch is now and then written a while after the first. */
        TORN_BATCH,
        /** A write is now and then made once more, a while later. */
        DOUBLE_APPLY
    }

    private static final int CLIENTS = 5;
    private static final int SINGLES = 2;
    private static final int GROUP = 4;
    private static final int BUG_SHARE = 20;

    private final RandomGenerator random;
    private final Bug bug;
    private final Map<String, String> state = new HashMap<>();
    private final Map<String, @Nullable String> previous = new HashMap<>();
    private final PriorityQueue<Event> events = new PriorityQueue<>(Comparator.comparingLong(Event::nanos));
    private final List<Call> calls = new ArrayList<>();
    private final int callsMax;
    private int begun;
    private int planted;

    private record Event(long nanos, Runnable action) {}

    ServedModel(RandomGenerator random, Bug bug, int callsMax) {
        this.random = random;
        this.bug = bug;
        this.callsMax = callsMax;
    }

    /** Runs all clients to their ends. */
    List<Call> run() {
        for (int client = 0; client < CLIENTS; client++) {
            begin(client, random.nextInt(100));
        }
        while (!events.isEmpty()) {
            events.remove().action().run();
        }
        return calls;
    }

    /** How often the bug showed. */
    int planted() {
        return planted;
    }

    private void begin(int client, long nanos) {
        if (begun++ >= callsMax) {
            return;
        }
        Operation operation = draw(begun);
        long effect = nanos + 1 + random.nextInt(100);
        long end = effect + 1 + random.nextInt(100);
        long next = end + random.nextInt(500);
        events.add(new Event(next, () -> begin(client, next)));
        int fate = random.nextInt(150);
        if (fate == 0) {
            record(client, operation, Outcome.refused(), nanos, end);
        } else if (fate <= 2) {
            record(client, operation, Outcome.unknown(), nanos, end);
            if (fate == 1 && !operation.kind().reads()) {
                events.add(new Event(effect + random.nextInt(1000), () -> apply(operation)));
            }
        } else {
            events.add(new Event(effect, () -> record(client, operation, perform(operation, effect), nanos, end)));
        }
    }

    private Operation draw(int number) {
        String single = "single" + random.nextInt(SINGLES);
        String value = "v" + number;
        return switch (random.nextInt(10)) {
            case 0, 1 -> Operation.put(single, value);
            case 2 -> Operation.delete(single);
            case 3 -> Operation.putIfAbsent(single, value);
            case 4, 5 -> Operation.get(single);
            case 6, 7 -> Operation.batch(group(), value);
            default -> Operation.range(group());
        };
    }

    static List<String> group() {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < GROUP; i++) {
            keys.add("group" + i);
        }
        return keys;
    }

    private void record(int client, Operation operation, Outcome outcome, long begin, long end) {
        calls.add(new Call(client, operation, outcome, begin, end, 0));
    }

    private Outcome perform(Operation operation, long now) {
        boolean trip = random.nextInt(BUG_SHARE) == 0;
        if (operation.kind().reads()) {
            return read(operation, trip && bug == Bug.STALE_READ);
        }
        if (trip && bug == Bug.LOST_WRITE && !operation.kind().conditional()) {
            planted++;
            return Outcome.done();
        }
        if (trip && bug == Bug.TORN_BATCH && operation.kind() == Operation.Kind.BATCH) {
            planted++;
            List<String> keys = operation.keys();
            int half = keys.size() / 2;
            String value = String.valueOf(operation.value());
            events.add(new Event(now + 300, () -> apply(Operation.batch(keys.subList(half, keys.size()), value))));
            return apply(Operation.batch(keys.subList(0, half), value));
        }
        if (trip && bug == Bug.DOUBLE_APPLY && !operation.kind().conditional()) {
            planted++;
            events.add(new Event(now + 1500, () -> apply(operation)));
        }
        return apply(operation);
    }

    private Outcome read(Operation operation, boolean stale) {
        List<@Nullable String> found = new ArrayList<>();
        operation.keys().forEach(key -> found.add(state.get(key)));
        String first = operation.keys().getFirst();
        if (stale && previous.containsKey(first)) {
            planted++;
            found.set(0, previous.get(first));
        }
        return Outcome.found(found);
    }

    private Outcome apply(Operation operation) {
        String first = operation.keys().getFirst();
        boolean there = state.containsKey(first);
        if ((operation.kind() == Operation.Kind.DELETE && !there)
                || (operation.kind() == Operation.Kind.PUT_IF_ABSENT && there)) {
            return Outcome.missed();
        }
        for (String key : operation.keys()) {
            previous.put(key, state.get(key));
            if (operation.value() == null) {
                state.remove(key);
            } else {
                state.put(key, operation.value());
            }
        }
        return Outcome.done();
    }
}
