package dev.varve.systemtests.chaos;

import dev.varve.systemtests.chaos.Keyspace.Component;
import dev.varve.testkit.history.Call;
import dev.varve.testkit.history.HistoryFile;
import dev.varve.testkit.history.LinearizabilityChecker;
import dev.varve.testkit.history.Operation;
import dev.varve.testkit.history.Outcome;
import dev.varve.testkit.history.Recorder;
import dev.varve.testkit.history.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Judges components that nothing is done with any more: reads them once more, a while later, has their calls checked, and writes them to the file of the history. What
 * was there then must be there to the end, if all that was written had ended. Runs on one thread.
 */
final class Judge implements Runnable {

    private static final int JUDGE = 999;
    private static final int SETTLED_SECONDS = 10;
    private static final int ATTEMPTS_MAX = 60;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Chaos chaos;
    private final List<String> urls;
    private final HistoryFile file;
    private final LinearizabilityChecker checker = LinearizabilityChecker.withDefaults();
    private final Map<String, @Nullable String> settled = new TreeMap<>();
    private long components;
    private long calls;
    private long states;
    private int next;

    Judge(Chaos chaos, List<String> urls, HistoryFile file) {
        this.chaos = chaos;
        this.urls = urls;
        this.file = file;
    }

    @Override
    public void run() {
        try {
            while (!chaos.stopped()) {
                judge(SETTLED_SECONDS);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            chaos.violation("the judge failed: " + e);
        }
    }

    /** Judges what has been at rest for so long. */
    void judge(int seconds) throws IOException, InterruptedException {
        Iterator<Component> retired = chaos.keyspace().retired().iterator();
        while (retired.hasNext()) {
            Component component = retired.next();
            if (component.settled(chaos.recorder().nanos(), seconds)) {
                retired.remove();
                judge(component);
            }
        }
    }

    private void judge(Component component) throws IOException, InterruptedException {
        List<Call> all = new ArrayList<>(component.calls());
        Call last = readOnceMore(component);
        if (last != null) {
            all.add(last);
        }
        file.write(all);
        components++;
        calls += all.size();
        switch (checker.check(all)) {
            case Verdict.Linearizable good -> states += good.states();
            case Verdict bad -> chaos.violation(bad.toString());
        }
        boolean allEnded = all.stream()
                .noneMatch(call -> call.outcome().kind() == Outcome.Kind.UNKNOWN
                        && !call.operation().kind().reads());
        if (last != null && allEnded) {
            for (int i = 0; i < component.keys().size(); i++) {
                settled.put(component.keys().get(i), last.outcome().found().get(i));
            }
        }
    }

    private @Nullable Call readOnceMore(Component component) throws InterruptedException {
        Operation operation = component.keys().size() == 1
                ? Operation.get(component.keys().getFirst())
                : Operation.range(component.keys());
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            Recorder.Begun begun = chaos.recorder().begin(JUDGE, operation);
            StoreClient.Answer answer =
                    chaos.http().send(urls.get(next++ % urls.size()), operation, null, "linearizable");
            if (answer.outcome().kind() == Outcome.Kind.DONE) {
                return begun.end(answer.outcome(), answer.revision());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        chaos.violation("nobody could read " + component.keys() + " once more");
        return null;
    }

    /**
     * Compares what had settled with what is there in the end.
     *
     * @param found names of values by key
     */
    void compare(String node, Map<String, String> found) {
        settled.forEach((key, value) -> {
            if (!Objects.equals(value, found.get(key))) {
                chaos.violation(
                        key + " had settled at " + value + ", but " + node + " has " + found.get(key) + " in the end");
            }
        });
    }

    String summary() {
        return "%,d calls on %,d sets of keys checked (%,d states)".formatted(calls, components, states);
    }
}
