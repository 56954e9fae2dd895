package dev.varve.testkit.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** The definition of linearizability, tried order by order: for a few calls only. */
final class BruteForce {

    private BruteForce() {}

    static boolean linearizable(List<Call> calls) {
        return complete(
                new ArrayList<>(calls.stream().filter(call -> !call.silent()).toList()), new HashMap<>());
    }

    private static boolean complete(List<Call> left, Map<String, String> state) {
        if (left.stream().allMatch(Call::open)) {
            return true;
        }
        for (Call next : List.copyOf(left)) {
            boolean early = left.stream().anyMatch(other -> !other.open() && other.endNanos() < next.beginNanos());
            Map<String, String> after = new HashMap<>(state);
            if (early || !apply(next, after)) {
                continue;
            }
            List<Call> rest = new ArrayList<>(left);
            rest.remove(next);
            if (complete(rest, after)) {
                return true;
            }
        }
        return false;
    }

    /** False if the call cannot have had its outcome. */
    private static boolean apply(Call call, Map<String, String> state) {
        Operation operation = call.operation();
        String key = operation.keys().getFirst();
        boolean missed = call.outcome().kind() == Outcome.Kind.MISSED;
        return switch (operation.kind()) {
            case GET, RANGE -> finds(call, state);
            case PUT, BATCH -> {
                operation.keys().forEach(each -> state.put(each, operation.value()));
                yield true;
            }
            case DELETE -> {
                boolean there = state.containsKey(key);
                state.remove(key);
                yield call.open() || there != missed;
            }
            case PUT_IF_ABSENT -> {
                boolean there = state.containsKey(key);
                state.putIfAbsent(key, operation.value());
                yield call.open() || there == missed;
            }
        };
    }

    private static boolean finds(Call call, Map<String, String> state) {
        List<String> keys = call.operation().keys();
        return IntStream.range(0, keys.size())
                .allMatch(i -> Objects.equals(call.outcome().found().get(i), state.get(keys.get(i))));
    }
}
