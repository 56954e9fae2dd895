package dev.varve.testkit.history;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides whether a history is linearizable [1]: whether all calls can be put into one order that a store could have gone through one after the
 * other, in which no call comes before one that had ended when it began. Calls of unknown outcome stand anywhere behind their
 * beginning, or nowhere.
 *
 * <p>Keys that never occur in one operation have nothing to do with each other, so each such component is decided by itself [1, locality].
 * Within one, {@link ComponentSearch} looks for the order.
 *
 * <p>[1] M. Herlihy, J. Wing, Linearizability: a correctness condition for concurrent objects, TOPLAS 12 (1990).
 */
public final class LinearizabilityChecker {

    private static final int DEFAULT_STATES_MAX = 500_000;

    private final int statesMax;

    /** @param statesMax how many states of one component are looked at before it is given up as undecided */
    public LinearizabilityChecker(int statesMax) {
        this.statesMax = statesMax;
    }

    /** One that takes at most some hundreds of megabytes, and seconds, for a component. */
    public static LinearizabilityChecker withDefaults() {
        return new LinearizabilityChecker(DEFAULT_STATES_MAX);
    }

    /** The first component that is not linearizable or not decided, or that all are. */
    public Verdict check(List<Call> calls) {
        long states = 0;
        Collection<List<Call>> components = components(calls);
        for (List<Call> component : components) {
            switch (new ComponentSearch(component, statesMax).run()) {
                case Verdict.Linearizable found -> states += found.states();
                case Verdict bad -> {
                    return bad;
                }
            }
        }
        return new Verdict.Linearizable(components.size(), states);
    }

    /** The calls by component, each in the order in which they began. */
    static Collection<List<Call>> components(List<Call> calls) {
        Map<String, String> parents = new HashMap<>();
        for (Call call : calls) {
            String first = root(parents, call.operation().keys().getFirst());
            call.operation().keys().forEach(key -> parents.put(root(parents, key), first));
        }
        Map<String, List<Call>> components = new LinkedHashMap<>();
        calls.stream()
                .sorted(Comparator.comparingLong(Call::beginNanos))
                .forEach(call -> components
                        .computeIfAbsent(root(parents, call.operation().keys().getFirst()), any -> new ArrayList<>())
                        .add(call));
        return components.values();
    }

    /** The key that stands for all that are known to belong together with this one. */
    private static String root(Map<String, String> parents, String key) {
        String root = key;
        for (String up = parents.get(root); up != null && !up.equals(root); up = parents.get(root)) {
            root = up;
        }
        parents.put(key, root);
        return root;
    }
}
