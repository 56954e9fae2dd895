package dev.varve.replication.sequencer;

import dev.varve.storage.StoreException;
import org.jspecify.annotations.Nullable;

/** What a command was answered; fails the test if it is answered twice. */
final class Answer implements CommandCallback {

    boolean given;
    /** Revision of the commit, or -1. */
    long committed = -1;

    @Nullable
    Condition failedCondition;

    long currentRevision = -1;

    @Nullable
    StoreException failure;

    /** Runs after the answer has been noted. */
    Runnable then = () -> {};

    @Override
    public void committed(long revision) {
        committed = revision;
        give();
    }

    @Override
    public void conditionFailed(Condition failed, long currentRevision) {
        failedCondition = failed;
        this.currentRevision = currentRevision;
        give();
    }

    @Override
    public void failed(StoreException failure) {
        this.failure = failure;
        give();
    }

    private void give() {
        if (given) {
            throw new AssertionError("answered twice");
        }
        given = true;
        then.run();
    }

    @Override
    public String toString() {
        if (!given) {
            return "no answer";
        }
        if (failure != null) {
            return "failed: " + failure.kind();
        }
        return failedCondition == null ? "committed " + committed : "condition failed, current " + currentRevision;
    }
}
