package dev.varve.testkit.history;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client was told of an operation.
 *
 * @param found what a read found under each of its keys, in their order, null where there was nothing; empty for everything else
 */
public record Outcome(Kind kind, List<@Nullable String> found) {

    /** The kinds of outcomes. */
    public enum Kind {
        /** It was done. */
        DONE,
        /** Its condition did not hold: there was no key to be deleted, or already one. */
        MISSED,
        /** It certainly was not done, and never will be. */
        REFUSED,
        /** Nobody knows: it may be done at any time from its beginning on, or never. */
        UNKNOWN
    }

    private static final Outcome DONE = new Outcome(Kind.DONE, List.of());
    private static final Outcome MISSED = new Outcome(Kind.MISSED, List.of());
    private static final Outcome REFUSED = new Outcome(Kind.REFUSED, List.of());
    private static final Outcome UNKNOWN = new Outcome(Kind.UNKNOWN, List.of());

    public Outcome {
        found = Collections.unmodifiableList(new ArrayList<>(found)); // List.copyOf takes no nulls.
    }

    public static Outcome done() {
        return DONE;
    }

    public static Outcome missed() {
        return MISSED;
    }

    public static Outcome refused() {
        return REFUSED;
    }

    public static Outcome unknown() {
        return UNKNOWN;
    }

    /** What a read found. */
    public static Outcome found(List<@Nullable String> values) {
        return new Outcome(Kind.DONE, values);
    }
}
