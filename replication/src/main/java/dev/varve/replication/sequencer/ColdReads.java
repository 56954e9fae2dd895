package dev.varve.replication.sequencer;

import dev.varve.storage.StoreException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Reads the applied state for conditions of which it does not know without waiting for the disk. Thread-safe. */
final class ColdReads {

    private final StateReader state;
    private final Executor executor;

    /** Told once of each read, with what was found or with the failure. */
    @FunctionalInterface
    interface Ended {
        void ended(@Nullable Finding found, @Nullable StoreException failure);
    }

    /** @param executor must run or reject every task */
    ColdReads(StateReader state, Executor executor) {
        this.state = state;
        this.executor = executor;
    }

    /** Reads on the executor; one that it rejects fails as {@link StoreException.Kind#OVERLOADED} before this returns. */
    void read(Condition condition, Ended callback) {
        try {
            executor.execute(() -> {
                Finding found = null;
                StoreException failure = null;
                try {
                    found = Finding.read(condition, state);
                } catch (Throwable e) {
                    failure = asStoreException(e);
                }
                callback.ended(found, failure);
            });
        } catch (RejectedExecutionException e) {
            StoreException overloaded = new StoreException(
                    StoreException.Kind.OVERLOADED, "too many reads wait for the disk; try again later", e);
            callback.ended(null, overloaded);
        }
    }

    /** What a failure to look at the state is told as. */
    static StoreException asStoreException(Throwable e) {
        return e instanceof StoreException known
                ? known
                : new StoreException(StoreException.Kind.IO, "reading a key for a condition failed: " + e, e);
    }
}
