package dev.varve.replication.sequencer;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.replication.sequencer.PendingCommand.Follower;
import dev.varve.storage.Durability;
import dev.varve.storage.PreparedWrite;
import dev.varve.storage.StoreException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Puts commands into one order and decides each against the state that all commands before it leave behind, whether those
 * are committed yet or not. What remains of a command is a batch of plain changes, proposed in the same order.
 *
 * <h2>Deciding</h2>
 *
 * A command is encoded first, and then decided and proposed in one hold of one short lock, on the thread that submits it, so
 * that the order of the log is the order of the decisions. The state before a command is the applied state under the {@link Overlay} of writes
 * that were proposed and have not ended. A write enters the overlay in the hold in which it is proposed and leaves it after
 * its callback, when the applied state has it; a decision looks into the overlay first and into the state second, in one
 * hold. So no moment exists at which a write is in neither.
 *
 * <p>The overlay knows whether a key is there, neither its value nor its revision: that does not exist before the commit. A
 * condition that it cannot decide makes the command wait for the commit of that key's newest write; one for which the
 * applied state would need the disk makes it wait for a read on the executor of cold reads.
 *
 * <h2>Waiting</h2>
 *
 * A command that waits is queued on every key that it names, and a later command that names one of these keys queues behind
 * it; all others go on. A range that a command removes stands for every key in it. Two properties follow.
 *
 * <ul>
 *   <li><em>What it reads stays true.</em> While a command is the first on a key, nobody else writes that key. What a cold
 *       read found is therefore still so when the command is decided, and each condition is awaited at most twice: for a
 *       commit, then for a read.
 *   <li><em>No deadlock.</em> A command enters the queues of all its keys in one hold of the lock, so every queue is in
 *       order of arrival, and a command waits only for commands that arrived before it. The one that arrived first of all
 *       waits for nobody: only for reads and commits, which end without our doing.
 * </ul>
 *
 * <h2>Once</h2>
 *
 * A command with a {@link RequestId} has one condition more, that no request of this name was answered, and one effect more: a row that
 * says how it was ({@link RequestNote}). So a repetition is found whether the first is committed, on its way, or was made under another
 * leader, and gets its answer. If it is on its way, the repetition waits for its commit. That a condition of a client's command did not
 * hold is remembered as well, by a write of nothing but the row.
 *
 * <h2>Answering</h2>
 *
 * No answer tells of a write that is not committed. A command with effects is answered when they are committed; they come
 * behind everything that decided them, and a log commits in order. A negative answer that rests on pending writes becomes a
 * follower of the latest of these and is given after its commit. If a write fails, everything proposed behind it fails as
 * well ({@link Proposer}, promise 4), and its followers fail with the same exception. A command that only waited for the
 * failed write is decided now by the state without it, as any read would be.
 *
 * <h2>The committing thread</h2>
 *
 * It gives the answer of a committed write itself, puts the write into {@link #completions}, and takes the lock only if
 * that is free: otherwise the thread that holds it does the rest before or after it lets go. A failure is different: it
 * takes the lock whatever it costs, since after its callback the proposer may accept writes again, and none of these may
 * have been decided by the one that failed.
 *
 * <p>Thread safety: everything may be called from any thread. Callbacks are called without the lock.
 */
public final class WriteSequencer {

    private final StateReader state;
    private final ColdReads coldReads;

    /** Writes that have ended and are to be taken from the overlay by whoever has the lock, in the order of the log. */
    private final ConcurrentLinkedQueue<PendingCommand> completions = new ConcurrentLinkedQueue<>();

    private final ReentrantLock lock = new ReentrantLock();

    /** Written under the lock. */
    private volatile Proposer proposer;

    /** Why commands are refused at the door, or null if they are not. */
    @GuardedBy("lock")
    private @Nullable StoreException suspended;

    @GuardedBy("lock")
    private final Overlay overlay = new Overlay();

    /** Commands that waited and can be decided. They are still queued on their keys. */
    @GuardedBy("lock")
    private final ArrayDeque<PendingCommand> ready = new ArrayDeque<>();

    @GuardedBy("lock")
    private final Outbox outbox = new Outbox();

    @GuardedBy("lock")
    private long lastSequence;

    @GuardedBy("lock")
    private final Admission admission;

    private final RequestTable requests;

    @GuardedBy("lock")
    private int waitingCommands;

    @GuardedBy("lock")
    private long coldReadCount;

    /**
     * A sequencer without anything in flight. It owns neither threads nor files, so it need not be closed.
     *
     * @param state the applied state
     * @param proposer the log
     * @param coldReads runs reads that may wait for the disk. Must run or reject every task; one that is rejected fails its
     *     command as {@link StoreException.Kind#OVERLOADED}
     * @param limits how much may be in flight
     */
    public WriteSequencer(StateReader state, Proposer proposer, Executor coldReads, SequencerLimits limits) {
        this.state = state;
        this.proposer = proposer;
        this.coldReads = new ColdReads(state, coldReads);
        this.admission = new Admission(limits);
        this.requests = new RequestTable(state, coldReads, limits.maxRequests());
    }

    /**
     * Submits a command. Never blocks. Commands that name a common key take effect in the order of their submission.
     *
     * @param durability how far the effects must have come when the callback is told
     * @param callback told once how it ended, perhaps before this call returns
     */
    public void submit(Command command, Durability durability, CommandCallback callback) {
        PendingCommand pending;
        try {
            pending = new PendingCommand(this, proposer, command, requests.note(command), durability, callback);
        } catch (StoreException e) {
            callback.failed(e);
            return;
        }
        List<Runnable> actions;
        lock.lock();
        try {
            settle();
            if (suspended != null) {
                outbox.failed(pending, suspended);
            } else if (!admission.enter(pending.sizeBytes)) {
                outbox.failed(pending, admission.overloaded());
            } else if (waitingCommands > 0 && overlay.hasWaiting(pending)) {
                enqueue(pending);
            } else {
                decide(pending);
            }
            settle();
            actions = outbox.take();
        } finally {
            lock.unlock();
        }
        act(actions);
    }

    /**
     * Ends the epoch: drops the overlay, fails every command that has not been decided, and every later one until
     * {@link #resume}. Writes that were proposed, and answers that rest on them, are still answered as their log reports
     * them. Called when leadership is lost: what was decided before can then not reach the log of a later term, and nothing
     * is decided by a state that others may have changed.
     *
     * @param reason told to the commands that fail; of a kind that says that nothing was written
     */
    public void suspend(StoreException reason) {
        List<Runnable> actions;
        lock.lock();
        try {
            settle();
            suspended = reason;
            ready.clear();
            for (PendingCommand command : overlay.clear()) {
                waitingCommands--;
                answerFailed(command, reason);
            }
            actions = outbox.take();
        } finally {
            lock.unlock();
        }
        act(actions);
    }

    /**
     * Begins the next epoch. Called when leadership is won and an entry of the new term has been applied: only then does the
     * applied state include every write of earlier epochs, which the overlay no longer knows.
     *
     * @param next the log of the new epoch; under Raft bound to its term, so that it refuses what comes later
     */
    public void resume(Proposer next) {
        lock.lock();
        try {
            if (suspended == null) {
                throw new IllegalStateException("only a suspended sequencer can be resumed");
            }
            proposer = next;
            suspended = null;
            requests.reset();
        } finally {
            lock.unlock();
        }
        settleWhatIsLeft();
    }

    /** What is in flight; nothing that has been answered is counted. */
    public SequencerStats stats() {
        SequencerStats stats;
        List<Runnable> actions;
        lock.lock();
        try {
            settle();
            stats = new SequencerStats(
                    admission.commands(), admission.bytes(), waitingCommands, overlay.size(), coldReadCount);
            actions = outbox.take();
        } finally {
            lock.unlock();
        }
        act(actions);
        return stats;
    }

    /** A write has ended. Called by the thread that commits, or within {@link PreparedWrite#submit} if it was refused. */
    void ended(PendingCommand write) {
        if (lock.isHeldByCurrentThread()) {
            write.answerDue = true;
            completions.add(write);
            return;
        }
        completions.add(write);
        if (write.failure != null) {
            List<Runnable> actions;
            lock.lock();
            try {
                settle();
                actions = outbox.take();
            } finally {
                lock.unlock();
            }
            Outbox.tellEnd(write);
            act(actions);
        } else {
            Outbox.tellEnd(write);
            settleWhatIsLeft();
        }
    }

    // ---- Under the lock: decisions.

    /** Takes in writes that have ended and decides commands whose wait is over, until there are none. */
    @GuardedBy("lock")
    private void settle() {
        while (true) {
            PendingCommand write = completions.poll();
            if (write != null) {
                release(write);
                continue;
            }
            PendingCommand command = ready.poll();
            if (command == null) {
                return;
            }
            if (command.readFailure != null) {
                answerFailed(command, command.readFailure);
                dequeue(command);
            } else {
                decide(command);
            }
        }
    }

    /** Decides a command whose turn it is on all its keys, or lets it wait. */
    @GuardedBy("lock")
    private void decide(PendingCommand pending) {
        try {
            List<Condition> conditions = pending.conditions;
            PendingCommand basis = null;
            for (int i = 0; i < conditions.size(); i++) {
                Condition condition = conditions.get(i);
                HeldKey held = overlay.find(condition);
                PendingCommand writer = held == null ? null : held.writer;
                Finding finding;
                if (held == null || writer == null) {
                    finding = appliedFinding(pending, i);
                } else {
                    finding = pending.pendingFinding(held, condition);
                    basis = PendingCommand.later(basis, writer);
                }
                if (finding == null) {
                    await(pending, i);
                    return;
                }
                if (!finding.holds()) {
                    answerNegative(pending, condition, finding, writer, basis);
                    return;
                }
            }
            if (hasRoom(pending)) {
                propose(pending);
            }
        } catch (RuntimeException e) {
            answerFailed(pending, ColdReads.asStoreException(e));
            dequeue(pending);
        }
    }

    /** What the applied state says of a condition, or null if that takes a read. */
    @GuardedBy("lock")
    private @Nullable Finding appliedFinding(PendingCommand pending, int index) {
        Finding found = pending.finding(index);
        if (found != null) {
            return found;
        }
        return Finding.lookUp(pending.conditions.get(index), state);
    }

    /** False if the table of requests has no room for this one, which is answered then. */
    @GuardedBy("lock")
    private boolean hasRoom(PendingCommand pending) {
        RequestNote note = pending.note;
        if (note == null || !pending.takesRoom()) {
            return true;
        }
        StoreException full = requests.admit(note);
        if (full != null) {
            answerFailed(pending, full);
            dequeue(pending);
        }
        return full == null;
    }

    /** Lets a command wait, before all others on its keys, for what its conditions from {@code first} on need. */
    @GuardedBy("lock")
    private void await(PendingCommand pending, int first) {
        if (!pending.waiting) {
            enqueue(pending);
        }
        List<Condition> conditions = pending.conditions;
        for (int i = first; i < conditions.size(); i++) {
            Condition condition = conditions.get(i);
            HeldKey held = overlay.find(condition);
            if (held != null && held.writer != null) {
                if (pending.pendingFinding(held, condition) == null) {
                    pending.awaited++;
                    held.writer.addWaiter(pending);
                }
            } else if (appliedFinding(pending, i) == null) {
                pending.awaited++;
                coldReadCount++;
                int index = i;
                outbox.add(
                        () -> coldReads.read(condition, (found, failure) -> readEnded(pending, index, found, failure)));
            }
        }
        if (pending.awaited == 0) {
            ready.add(pending); // What was cold a moment ago is warm now, so that nothing will come to wake it.
        }
    }

    /** Proposes the effects of a command whose conditions hold. */
    @GuardedBy("lock")
    private void propose(PendingCommand pending) {
        pending.sequence = ++lastSequence;
        pending.write(proposer).submit();
        // A write that has ended by now was refused, or the state has it. If it ends just after this look, it is in
        // `completions`, and leaves the overlay in the next round of `settle`.
        if (!pending.ended) {
            overlay.enter(pending);
        }
        dequeue(pending);
    }

    /** A condition does not hold: answers it now, or after the commit of the write on which that rests. */
    @GuardedBy("lock")
    private void answerNegative(
            PendingCommand pending,
            Condition failed,
            Finding finding,
            @Nullable PendingCommand writer,
            @Nullable PendingCommand basis) {
        if (failed instanceof Condition.Unanswered unanswered) {
            admission.leave(pending.sizeBytes);
            outbox.answeredBefore(pending, unanswered.id(), finding);
        } else if (pending.remembersRefusal()) {
            if (hasRoom(pending)) {
                pending.refuse(failed, finding.revision(), proposer);
                propose(pending);
            }
            return;
        } else if (basis == null) {
            answerConditionFailed(pending, failed, finding.revision());
        } else {
            boolean exists = failed instanceof Condition.Absent;
            basis.addFollower(new Follower(pending, failed, exists ? writer : null, finding.revision()));
        }
        dequeue(pending);
    }

    /** Forgets a write that has ended, answers those who followed it and wakes those who waited for it. */
    @GuardedBy("lock")
    private void release(PendingCommand write) {
        overlay.forget(write);
        admission.leave(write.sizeBytes);
        if (write.answerDue) {
            outbox.ended(write);
        }
        for (Follower follower : write.followers) {
            if (write.failure != null) {
                answerFailed(follower.command(), write.failure);
            } else {
                PendingCommand writer = follower.writer();
                long revision = writer == null ? follower.revision() : writer.revision;
                answerConditionFailed(follower.command(), follower.failed(), revision);
            }
        }
        for (PendingCommand waiter : write.waiters) {
            arrived(waiter);
        }
    }

    /** One of the things that a command awaits is there. */
    @GuardedBy("lock")
    private void arrived(PendingCommand command) {
        // It waits no more if `suspend` has failed it meanwhile.
        if (--command.awaited == 0 && command.waiting) {
            ready.add(command);
        }
    }

    @GuardedBy("lock")
    private void enqueue(PendingCommand command) {
        waitingCommands++;
        overlay.enqueue(command);
    }

    @GuardedBy("lock")
    private void dequeue(PendingCommand command) {
        if (command.waiting) {
            waitingCommands--;
            overlay.dequeue(command, ready);
        }
    }

    // ---- Under the lock: answers to come.

    @GuardedBy("lock")
    private void answerConditionFailed(PendingCommand pending, Condition failed, long currentRevision) {
        admission.leave(pending.sizeBytes);
        outbox.conditionFailed(pending, failed, currentRevision);
    }

    @GuardedBy("lock")
    private void answerFailed(PendingCommand pending, StoreException failure) {
        admission.leave(pending.sizeBytes);
        outbox.failed(pending, failure);
    }

    // ---- Without the lock.

    /** Does what was put off until the lock was let go, and takes in what was reported while it was held. */
    private void act(List<Runnable> actions) {
        for (Runnable action : actions) {
            action.run();
        }
        settleWhatIsLeft();
    }

    /**
     * Takes in writes that have ended. Whoever does not get the lock here may leave: its holder comes here too after it has
     * let go.
     */
    private void settleWhatIsLeft() {
        while (!completions.isEmpty() && lock.tryLock()) {
            List<Runnable> actions;
            try {
                settle();
                actions = outbox.take();
            } finally {
                lock.unlock();
            }
            for (Runnable action : actions) {
                action.run();
            }
        }
    }

    private void readEnded(
            PendingCommand pending, int index, @Nullable Finding finding, @Nullable StoreException failure) {
        List<Runnable> actions;
        lock.lock();
        try {
            if (finding != null) {
                pending.setFinding(index, finding);
            } else {
                pending.readFailure = failure;
            }
            arrived(pending);
            settle();
            actions = outbox.take();
        } finally {
            lock.unlock();
        }
        act(actions);
    }
}
