package dev.varve.systemtests.chaos;

import dev.varve.testkit.history.Call;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a run. At any time there are a few components, each a key or a small group of keys that nothing else is done with; one that has had
 * enough calls is replaced by a new one with other keys, and goes to the judge. So what the checker must bring into an order stays small. Thread-safe.
 */
final class Keyspace {

    /** So many calls of one component a checker orders in no time. */
    private static final int CALLS_MAX = 220;

    private static final int GROUP = 4;

    /** What is done with the keys of a component. */
    enum Shape {
        /** One key, with everything that is done to one. */
        SINGLE,
        /** Some keys that are written by batches of one value only, so that a range over them always shows one value. */
        GROUP,
        /** Some keys that are written together and singly. */
        MIXED
    }

    private final List<Component> active = new ArrayList<>();
    private final ConcurrentLinkedQueue<Component> retired = new ConcurrentLinkedQueue<>();
    private int made;

    /** Some keys and all calls on them. Guarded by itself. */
    static final class Component {

        private final Shape shape;
        private final List<String> keys = new ArrayList<>();
        private final List<Call> calls = new ArrayList<>();
        private int begun;
        private int inFlight;
        private long lastEndNanos;

        Component(int number, Shape shape) {
            this.shape = shape;
            for (int i = 0; i < (shape == Shape.SINGLE ? 1 : GROUP); i++) {
                keys.add("c%06d/k%d".formatted(number, i));
            }
        }

        Shape shape() {
            return shape;
        }

        List<String> keys() {
            return keys;
        }

        /** One more will be done with it: the judge must wait for that. */
        synchronized void retain() {
            inFlight++;
        }

        /** What was announced is done. */
        synchronized void release(@Nullable Call call) {
            inFlight--;
            if (call != null) {
                calls.add(call);
                lastEndNanos = Math.max(lastEndNanos, call.endNanos());
            }
        }

        private synchronized boolean begin() {
            begun++;
            inFlight++;
            return begun >= CALLS_MAX;
        }

        /** True if nothing goes on in it, and has not for a while. */
        synchronized boolean settled(long nowNanos, int seconds) {
            return inFlight == 0 && nowNanos - lastEndNanos >= TimeUnit.SECONDS.toNanos(seconds);
        }

        synchronized List<Call> calls() {
            return List.copyOf(calls);
        }
    }

    /** @param components how many there are at a time */
    Keyspace(int components) {
        for (int i = 0; i < components; i++) {
            active.add(make());
        }
    }

    private Component make() {
        Shape shape = Shape.values()[made % Shape.values().length];
        return new Component(made++, shape);
    }

    /** A component for one call, to be released with it. */
    synchronized Component acquire(RandomGenerator random) {
        int place = random.nextInt(active.size());
        Component component = active.get(place);
        if (component.begin()) {
            retired.add(component);
            active.set(place, make());
        }
        return component;
    }

    /** The components that nobody will acquire any more; the judge removes them. */
    ConcurrentLinkedQueue<Component> retired() {
        return retired;
    }

    /** Retires all: the run has ended. */
    synchronized void retireAll() {
        retired.addAll(active);
        active.clear();
    }
}
