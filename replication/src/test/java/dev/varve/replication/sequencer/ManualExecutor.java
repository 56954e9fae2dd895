package dev.varve.replication.sequencer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Keeps tasks until a test runs them, in any order. */
final class ManualExecutor implements Executor {

    boolean rejects;
    private final List<Runnable> tasks = new ArrayList<>();

    @Override
    public void execute(Runnable task) {
        if (rejects) {
            throw new RejectedExecutionException("full");
        }
        tasks.add(task);
    }

    int size() {
        return tasks.size();
    }

    void run(int index) {
        tasks.remove(index).run();
    }

    void runAll() {
        while (!tasks.isEmpty()) {
            run(0);
        }
    }
}
