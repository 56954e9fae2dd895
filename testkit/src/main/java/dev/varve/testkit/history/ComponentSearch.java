package dev.varve.testkit.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the order of the calls of one component. A depth-first search after Wing and Gong [1] that remembers where it has been, after
 * Lowe [2]: at each point any call may come next that began before every call that is still to come ended. Three
 * things keep it short.
 *
 * <ul>
 *   <li>A call that changes nothing and fits now is taken at once and never taken back: whatever order has it later still holds when it is
 *       moved here.
 *   <li>A point is the set of ended calls that were taken, the set of open calls that were taken, and the values of the keys. If a point
 *       leads nowhere, one that differs from it only in more open calls taken leads nowhere either: those that it has left are among
 *       those that the other had left, and nobody need take them.
 *   <li>Ended calls are tried before open ones, and by the time at which they ended.
 * </ul>
 *
 * <p>[1] J. Wing, C. Gong, Testing and verifying concurrent objects, JPDC 17 (1993). [2] G. Lowe, Testing for linearizability, CCPE 29
 * (2017).
 *
 * <p>For one thread, once.
 */
final class ComponentSearch {

    /** What stands for "no such key" among the values. */
    private static final int ABSENT = 0;

    private final List<Call> component;
    private final List<Step> steps;
    private final int statesMax;
    private final Map<String, Integer> keys = new HashMap<>();
    private final Map<String, Integer> values = new HashMap<>();

    /** Where the search has been: by taken ended calls and values of the keys, the sets of taken open calls. */
    private final Map<Place, List<BitSet>> seen = new HashMap<>();

    private final Deque<Point> path = new ArrayDeque<>();
    private List<Step> explained = List.of();
    private List<Step> stuck = List.of();
    private long states;

    /**
     * A call in numbers.
     *
     * @param keys which keys it is about
     * @param found what it found under them; null if it reads nothing
     * @param value what it writes to them, {@link #ABSENT} if it removes them
     */
    private record Step(int number, Call call, int[] keys, int @Nullable [] found, int value) {

        boolean open() {
            return call.open();
        }

        long endNanos() {
            return open() ? Long.MAX_VALUE : call.endNanos();
        }

        /** True if it changes nothing, where it fits. */
        boolean changesNothing() {
            return found != null || call.outcome().kind() == Outcome.Kind.MISSED;
        }

        /** True if the store could have answered so with these values. An open call fits where it has an effect. */
        boolean fits(int[] state) {
            if (found != null) {
                return IntStream.range(0, keys.length).allMatch(i -> state[keys[i]] == found[i]);
            }
            if (!call.operation().kind().conditional()) {
                return true;
            }
            boolean present = state[keys[0]] != ABSENT;
            boolean wantsPresent = call.operation().kind() == Operation.Kind.DELETE;
            boolean holds = present == wantsPresent;
            return call.outcome().kind() == Outcome.Kind.MISSED ? !holds : holds;
        }

        int[] after(int[] state) {
            int[] next = state.clone();
            for (int key : keys) {
                next[key] = value;
            }
            return next;
        }
    }

    /** Ended calls that were taken, and the values that the keys have then. Neither changes any more. */
    private record Place(BitSet ended, List<Integer> state) {}

    /** A point of the search, with what may come next and was not tried yet. */
    private static final class Point {

        final BitSet ended;
        final BitSet open;
        final int[] state;
        /** What was taken to come here from the point before. */
        final List<Step> taken = new ArrayList<>();

        final Deque<Step> untried = new ArrayDeque<>();

        Point(BitSet ended, BitSet open, int[] state) {
            this.ended = ended;
            this.open = open;
            this.state = state;
        }

        boolean took(Step step) {
            return (step.open() ? open : ended).get(step.number());
        }

        void take(Step step) {
            (step.open() ? open : ended).set(step.number());
            taken.add(step);
        }
    }

    /** @param component in the order in which they began */
    ComponentSearch(List<Call> component, int statesMax) {
        this.component = component;
        this.statesMax = statesMax;
        List<Call> telling = component.stream().filter(call -> !call.silent()).toList();
        List<Step> numbered = new ArrayList<>();
        for (Call call : telling) {
            numbered.add(step(numbered.size(), call));
        }
        this.steps = List.copyOf(numbered);
    }

    private Step step(int number, Call call) {
        Operation operation = call.operation();
        boolean reads = operation.kind().reads();
        return new Step(
                number,
                call,
                operation.keys().stream().mapToInt(this::key).toArray(),
                reads ? call.outcome().found().stream().mapToInt(this::value).toArray() : null,
                value(operation.value()));
    }

    private int key(String key) {
        return keys.computeIfAbsent(key, any -> keys.size());
    }

    private int value(@Nullable String value) {
        return value == null ? ABSENT : values.computeIfAbsent(value, any -> values.size() + 1);
    }

    Verdict run() {
        Point first = new Point(new BitSet(), new BitSet(), new int[keys.size()]);
        if (enter(first)) {
            return new Verdict.Linearizable(1, states);
        }
        while (!path.isEmpty()) {
            Point point = Objects.requireNonNull(path.peekLast());
            Step step = point.untried.pollFirst();
            if (step == null) {
                path.removeLast();
                continue;
            }
            Point next = new Point((BitSet) point.ended.clone(), (BitSet) point.open.clone(), step.after(point.state));
            next.take(step);
            if (enter(next)) {
                return new Verdict.Linearizable(1, states);
            }
            if (states > statesMax) {
                return new Verdict.Undecided(component, states);
            }
        }
        return new Verdict.NotLinearizable(
                component,
                explained.stream().map(Step::call).toList(),
                stuck.stream().map(Step::call).toList());
    }

    /** Goes on to a point, unless one that is at least as good was there. True if everything is explained. */
    private boolean enter(Point point) {
        List<Step> next = candidates(point);
        while (takeWhatChangesNothing(point, next)) {
            next = candidates(point);
        }
        boolean allEnded = next.stream().allMatch(Step::open);
        if (allEnded) {
            return true;
        }
        path.addLast(point);
        noteProgress(next);
        if (isNew(point)) {
            next.stream()
                    .filter(step -> !step.changesNothing() && step.fits(point.state))
                    .sorted((a, b) -> Long.compare(a.endNanos(), b.endNanos()))
                    .forEach(point.untried::addLast);
        }
        return false;
    }

    /** What may come next as far as the times go; ended calls are among them as long as there are any. */
    private List<Step> candidates(Point point) {
        List<Step> candidates = new ArrayList<>();
        long firstEnd = Long.MAX_VALUE;
        for (Step step : steps) {
            if (step.call().beginNanos() > firstEnd) {
                break;
            }
            if (!point.took(step)) {
                candidates.add(step);
                firstEnd = Math.min(firstEnd, step.endNanos());
            }
        }
        return candidates;
    }

    private static boolean takeWhatChangesNothing(Point point, List<Step> candidates) {
        boolean any = false;
        for (Step step : candidates) {
            if (step.changesNothing() && step.fits(point.state)) {
                point.take(step);
                any = true;
            }
        }
        return any;
    }

    private boolean isNew(Point point) {
        List<BitSet> before = seen.computeIfAbsent(
                new Place(point.ended, Arrays.stream(point.state).boxed().toList()), any -> new ArrayList<>(1));
        if (before.stream().anyMatch(open -> contains(point.open, open))) {
            return false;
        }
        before.removeIf(open -> contains(open, point.open));
        before.add(point.open);
        states++;
        return true;
    }

    private static boolean contains(BitSet large, BitSet small) {
        BitSet rest = (BitSet) small.clone();
        rest.andNot(large);
        return rest.isEmpty();
    }

    private void noteProgress(List<Step> next) {
        Point last = path.getLast();
        if (last.ended.cardinality() + last.open.cardinality() > explained.size()) {
            explained = path.stream().flatMap(point -> point.taken.stream()).toList();
            stuck = next.stream().filter(step -> !step.open()).toList();
        }
    }
}
