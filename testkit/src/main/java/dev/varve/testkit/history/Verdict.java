package dev.varve.testkit.history;

import java.util.List;
import java.util.stream.Collectors;

/** What the checker found. Only {@link Linearizable} is good. */
public sealed interface Verdict {

    /**
     * There is an order that explains everything.
     *
     * @param components how many sets of keys there were that had nothing to do with each other
     * @param states how many states were looked at to find it
     */
    record Linearizable(int components, long states) implements Verdict {}

    /**
     * There is none.
     *
     * @param component all calls of the keys in question, in the order in which they began
     * @param explained as many of them as could be brought into an order, in that order
     * @param stuck those that would have had to come next, none of which can
     */
    record NotLinearizable(List<Call> component, List<Call> explained, List<Call> stuck) implements Verdict {

        @Override
        public String toString() {
            return "not linearizable: of " + component.size() + " calls these could be brought into an order:\n"
                    + lines(explained) + "\nand none of these can come next:\n" + lines(stuck);
        }
    }

    /**
     * The search was given up: this says nothing.
     *
     * @param states how many were looked at
     */
    record Undecided(List<Call> component, long states) implements Verdict {

        @Override
        public String toString() {
            return "undecided after " + states + " states of " + component.size() + " calls:\n" + lines(component);
        }
    }

    private static String lines(List<Call> calls) {
        return calls.stream().map(call -> "  " + call).collect(Collectors.joining("\n"));
    }
}
