package dev.varve.replication.sequencer;

import dev.varve.storage.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is put off until the lock of the sequencer has been let go: answers, and reads that an executor may run at once. Kept
 * in order. Confined to that lock; what {@link #take} returns belongs to its caller.
 */
final class Outbox {

    private static final Logger LOG = LoggerFactory.getLogger(WriteSequencer.class);

    private List<Runnable> actions = new ArrayList<>();

    void add(Runnable action) {
        actions.add(action);
    }

    void conditionFailed(PendingCommand command, Condition failed, long currentRevision) {
        actions.add(() -> guarded(() -> command.callback.conditionFailed(failed, currentRevision)));
    }

    /** The request was answered before, and the same is told again; or another one of the same name was. */
    void answeredBefore(PendingCommand command, RequestId id, Finding finding) {
        RequestNote.Earlier earlier = RequestNote.decode(Objects.requireNonNull(finding.row(), "it was found"));
        if (!id.isMarked(earlier.mark())) {
            failed(command, id.notTheSame());
        } else if (earlier.failedCondition() < 0) {
            actions.add(() -> guarded(() -> command.callback.committed(finding.revision())));
        } else {
            Condition failed = command.command.conditions().get(earlier.failedCondition());
            conditionFailed(command, failed, earlier.currentRevision());
        }
    }

    void failed(PendingCommand command, StoreException failure) {
        actions.add(() -> guarded(() -> command.callback.failed(failure)));
    }

    void ended(PendingCommand write) {
        actions.add(() -> tellEnd(write));
    }

    /** Everything that was put off so far, to be run without the lock. */
    List<Runnable> take() {
        if (actions.isEmpty()) {
            return List.of();
        }
        List<Runnable> taken = actions;
        actions = new ArrayList<>();
        return taken;
    }

    /** Answers a command whose effects were proposed. */
    static void tellEnd(PendingCommand write) {
        StoreException failure = write.failure;
        Condition refusedBy = write.refusedBy;
        if (failure == null && refusedBy != null) {
            guarded(() -> write.callback.conditionFailed(refusedBy, write.refusedRevision));
        } else if (failure == null) {
            guarded(() -> write.callback.committed(write.revision));
        } else {
            guarded(() -> write.callback.failed(failure));
        }
    }

    /** A callback that throws must not keep others from their answers. */
    private static void guarded(Runnable answer) {
        try {
            answer.run();
        } catch (RuntimeException e) {
            LOG.error("the callback of a write threw", e);
        }
    }
}
