package dev.varve.testkit.history;

/**
 * An operation as its client saw it from outside.
 *
 * @param client one that makes one call after the other
 * @param beginNanos before anything was sent
 * @param endNanos after all that came of it had come, or when the client gave up
 * @param revision the revision that the answer named, 0 if it named none
 */
public record Call(int client, Operation operation, Outcome outcome, long beginNanos, long endNanos, long revision) {

    public Call {
        if (endNanos < beginNanos) {
            throw new IllegalArgumentException("a call that ended " + (beginNanos - endNanos) + " ns before it began");
        }
        int expected = operation.kind().reads() && outcome.kind() == Outcome.Kind.DONE
                ? operation.keys().size()
                : 0;
        if (outcome.found().size() != expected) {
            throw new IllegalArgumentException(operation + " found " + outcome.found());
        }
        if (outcome.kind() == Outcome.Kind.MISSED && !operation.kind().conditional()) {
            throw new IllegalArgumentException(operation + " has no condition to miss");
        }
    }

    /** True if it may have had an effect, at any time since it began. */
    boolean open() {
        return outcome.kind() == Outcome.Kind.UNKNOWN && !operation.kind().reads();
    }

    /** True if it says nothing of the store: it was refused, or it is a read without an answer. */
    boolean silent() {
        return outcome.kind() == Outcome.Kind.REFUSED
                || (outcome.kind() == Outcome.Kind.UNKNOWN && operation.kind().reads());
    }

    /** One line for people. */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder("[%,d .. %s us] client %d: %s %s"
                .formatted(
                        beginNanos / 1000,
                        outcome.kind() == Outcome.Kind.UNKNOWN ? "open" : "%,d".formatted(endNanos / 1000),
                        client,
                        operation.kind(),
                        operation.keys()));
        if (operation.value() != null) {
            line.append(" = ").append(operation.value());
        }
        line.append(" -> ").append(operation.kind().reads() ? outcome.found() : outcome.kind());
        return revision == 0 ? line.toString() : line + " at revision " + revision;
    }
}
