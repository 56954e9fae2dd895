package dev.varve.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Writes down calls on a {@link SimulatedFileSystem}, one a line, for golden files. Thread-safe. */
public final class IoTrace implements Consumer<IoCall> {

    private final Set<CallKind> kinds;
    private final List<String> lines = new ArrayList<>();
    private final List<IoCall> calls = new ArrayList<>();

    /** Writes down calls of these kinds. */
    public IoTrace(Set<CallKind> kinds) {
        this.kinds = kinds;
    }

    @Override
    public synchronized void accept(IoCall call) {
        if (kinds.contains(call.kind())) {
            lines.add(call.toString());
            calls.add(call);
            notifyAll();
        }
    }

    /**
     * Waits until a thread has made a call of this kind, on a file whose name ends so, for the n-th time: so work that runs
     * beside a test comes into the trace at a place that does not depend on chance.
     */
    public synchronized void await(String thread, CallKind kind, String suffix, int nth) throws InterruptedException {
        while (calls.stream()
                        .filter(call -> call.thread().equals(thread)
                                && call.kind() == kind
                                && call.path().toString().endsWith(suffix))
                        .count()
                < nth) {
            wait();
        }
    }

    /** Adds a heading between the calls. */
    public synchronized void note(String text) {
        lines.add("# " + text);
    }

    /** Everything so far. */
    public synchronized String text() {
        return String.join("\n", lines) + "\n";
    }
}
