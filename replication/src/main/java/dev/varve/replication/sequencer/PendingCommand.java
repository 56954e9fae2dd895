package dev.varve.replication.sequencer;

import dev.varve.storage.Durability;
import dev.varve.storage.KeyRange;
import dev.varve.storage.PreparedWrite;
import dev.varve.storage.StoreException;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.WriteCallback;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command from its submission to its answer. It may wait first (queued on its keys, for reads and commits), then it is
 * decided: its effects are proposed, or it is answered, at once or as a follower of the write on which the answer rests.
 *
 * <p>Thread safety: everything is guarded by the lock of the sequencer, but how the write ended: that is written once by
 * {@link #completed} and published by {@link #ended}.
 */
final class PendingCommand implements WriteCallback {

    /**
     * A negative answer that rests on a pending write.
     *
     * @param writer the write that sets the key of the failed condition, if its revision is to be told
     * @param revision the revision to be told if there is no such writer
     */
    record Follower(
            PendingCommand command,
            Condition failed,
            @Nullable PendingCommand writer,
            long revision) {}

    private static final HeldKey[] NONE = {};
    private static final WriteBatch NOTHING = new WriteBatch();

    final WriteSequencer sequencer;
    final Command command;
    /** What must hold: that the request was not answered before, if it has a name, then the command's own conditions. */
    final List<Condition> conditions;

    final Durability durability;
    final CommandCallback callback;
    final long sizeBytes;
    /** The ranges that it removes. */
    final List<KeyRange> ranges;

    /** True while it waits. */
    boolean waiting;
    /** While it waits: the keys on which it is queued. Empty before and after. */
    List<HeldKey> queuedOn = List.of();
    /** While it waits: commands that came later and name a key in its ranges. Empty before and after. */
    List<PendingCommand> blocked = List.of();
    /** How many others it is behind, on its keys and because of their ranges. */
    int behind;
    /** Cold reads and commits that it awaits; only while it is before all others. */
    int awaited;
    /** What cold reads found, by index of the condition; null before the first. */
    @Nullable
    Finding @Nullable [] findings;
    /** Why a cold read failed. */
    @Nullable
    StoreException readFailure;

    /** What is remembered of it, if it has a name. */
    @Nullable
    RequestNote note;
    /** The condition that did not hold, if that is remembered: then nothing but the note is written. */
    @Nullable
    Condition refusedBy;
    /** What is told of the key of {@link #refusedBy}. */
    long refusedRevision;

    /** Its effects, encoded for {@link #proposer}. */
    PreparedWrite write;
    /** The log for which they were encoded. */
    Proposer proposer;

    /** Place in the order of proposals, from 1; 0 before. */
    long sequence;
    /** The keys that it holds in the overlay. */
    HeldKey[] written = NONE;
    /** Commands that cannot be decided before this write has ended. */
    List<PendingCommand> waiters = List.of();
    /** Answers that are given when this write is committed. */
    List<Follower> followers = List.of();

    /** True if the write ended while the lock was held by the thread that reported it, which must not answer then. */
    boolean answerDue;
    /** Revision of the write, valid if {@link #ended} and there is no failure. */
    long revision;
    /** Why the write failed, valid if {@link #ended}. */
    @Nullable
    StoreException failure;

    volatile boolean ended;

    /** @throws StoreException if the proposer will never take such effects */
    PendingCommand(
            WriteSequencer sequencer,
            Proposer proposer,
            Command command,
            @Nullable RequestNote note,
            Durability durability,
            CommandCallback callback) {
        this.sequencer = sequencer;
        this.command = command;
        this.durability = durability;
        this.callback = callback;
        this.sizeBytes = command.sizeBytes();
        this.ranges = command.ranges();
        this.note = note;
        this.conditions = conditions(command, note);
        this.proposer = proposer;
        this.write = proposer.prepare(command.effects(), note, durability, this);
    }

    private static List<Condition> conditions(Command command, @Nullable RequestNote note) {
        RequestId id = command.request();
        if (id == null || note == null) {
            return command.conditions();
        }
        List<Condition> all = new ArrayList<>(command.conditions().size() + 2);
        all.add(new Condition.Unanswered(note.key(), id));
        if (note.generation() > 0) {
            all.add(new Condition.Unanswered(RequestNote.key(id, note.generation() - 1), id));
        }
        all.addAll(command.conditions());
        return all;
    }

    /** What it changes of what users see. */
    WriteBatch effects() {
        return refusedBy == null ? command.effects() : NOTHING;
    }

    /**
     * True if it has a name: then it is remembered, too, that a condition did not hold. A repetition is told the same again, whatever has
     * happened since; also one that the network has kept back until the first was answered.
     */
    boolean remembersRefusal() {
        return command.request() != null;
    }

    /** True if what is remembered of it counts among the requests of clients. */
    boolean takesRoom() {
        RequestId id = command.request();
        return id != null && id.origin() == RequestId.Origin.CLIENT;
    }

    /**
     * What a pending write says of a condition, or null if that is not known before its commit. If the refusal is remembered, none is
     * known before: what is remembered must not rest on what may yet fail.
     */
    @Nullable
    Finding pendingFinding(HeldKey held, Condition condition) {
        Finding finding = held.pendingFinding(condition);
        return finding != null && !finding.holds() && remembersRefusal() ? null : finding;
    }

    /** A condition does not hold, which is all that is written of the command. */
    void refuse(Condition failed, long currentRevision, Proposer current) {
        RequestNote made = note;
        RequestId id = command.request();
        if (made == null || id == null) {
            throw new IllegalStateException("only the refusal of a named command is remembered");
        }
        refusedBy = failed;
        refusedRevision = currentRevision;
        note = made.refused(id, command.conditions().indexOf(failed), currentRevision);
        proposer = current;
        write = current.prepare(NOTHING, note, durability, this);
    }

    /** Its effects, encoded for this proposer: anew, if an epoch has ended between its creation and now. */
    PreparedWrite write(Proposer current) {
        if (!proposer.equals(current)) {
            proposer = current;
            write = current.prepare(effects(), note, durability, this);
        }
        return write;
    }

    @Override
    public void completed(long revision, @Nullable StoreException failure) {
        this.revision = revision;
        this.failure = failure;
        ended = true;
        sequencer.ended(this);
    }

    void addWaiter(PendingCommand waiter) {
        if (waiters.isEmpty()) {
            waiters = new ArrayList<>(2);
        }
        waiters.add(waiter);
    }

    void addBlocked(PendingCommand command) {
        if (blocked.isEmpty()) {
            blocked = new ArrayList<>(2);
        }
        blocked.add(command);
    }

    /** True if it removes the key by one of its ranges. */
    boolean removes(byte[] key) {
        for (KeyRange range : ranges) {
            if (range.contains(key)) {
                return true;
            }
        }
        return false;
    }

    void addFollower(Follower follower) {
        if (followers.isEmpty()) {
            followers = new ArrayList<>(2);
        }
        followers.add(follower);
    }

    @Nullable
    Finding finding(int condition) {
        return findings == null ? null : findings[condition];
    }

    void setFinding(int condition, Finding finding) {
        if (findings == null) {
            findings = new Finding[conditions.size()];
        }
        findings[condition] = finding;
    }

    /** The later proposed of two pending writes. */
    static PendingCommand later(@Nullable PendingCommand one, PendingCommand other) {
        return one == null || one.sequence < other.sequence ? other : one;
    }
}
