package dev.varve.replication.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.core.StateMachineAdapter;
import com.alipay.sofa.jraft.entity.LeaderChangeContext;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotReader;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotWriter;
import dev.varve.storage.Store;
import dev.varve.storage.format.Frames;
import dev.varve.storage.io.Trouble;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.LogEntry;
import dev.varve.storage.state.StateMachine;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies what is committed. Called by JRaft on one thread.
 *
 * <p>JRaft may commit an entry through two followers before the leader's own disk has it. It is applied only when this
 * node's disk has it too: so a checkpoint never holds what the local log might lose, and no table points to what is not there.
 */
public final class ReplicaStateMachine extends StateMachineAdapter {

    private static final Logger logger = LoggerFactory.getLogger(ReplicaStateMachine.class);

    private final Store store;
    private final StateMachine state;
    private final Log log;
    private final VarveLogStorage storage;
    private final LogMembers members;
    private final Listener listener;

    /** What the node hears of its part in the group; called on the state machine's thread. */
    public interface Listener {

        /** The node leads in this term and has applied all entries of earlier ones. */
        void leading(long term);

        /** The node leads no longer. */
        void following();

        /** Another node leads, or nobody is known to if null. */
        void leader(@Nullable PeerId leader);

        /** Entries of so many bytes were applied. */
        void applied(long bytes);

        /** The node has failed and must be opened again. */
        void failed(Throwable cause);
    }

    /** A closure that wants to know which revisions its writes became. */
    public interface Proposal extends Closure {

        /** The writes were applied, the first as this revision; {@link #run} follows. */
        void applied(long index, long firstRevision);
    }

    /**
     * @param storage the adapter to the log of the store
     * @param members learns what the checkpoint says of them
     */
    public ReplicaStateMachine(Store store, VarveLogStorage storage, LogMembers members, Listener listener) {
        this.store = store;
        this.state = store.state();
        this.log = state.log();
        this.storage = storage;
        this.members = members;
        this.listener = listener;
    }

    @Override
    public void onApply(Iterator committed) {
        long bytes = 0;
        try {
            for (; committed.hasNext(); committed.next()) {
                long index = committed.getIndex();
                storage.awaitDurable(index, committed.getTerm());
                applyThrough(index - 1);
                long revision = state.visibleRevision() + 1;
                LogEntry entry = RaftEntries.writes(index, committed.getTerm(), revision, committed.getData());
                state.apply(entry, storage.position(index));
                state.publish();
                count(entry.payload(), state.visibleRevision() + 1 - revision);
                bytes += entry.payload().limit();
                if (committed.done() instanceof Proposal proposal) {
                    proposal.applied(index, revision);
                }
                if (committed.done() != null) {
                    committed.done().run(Status.OK());
                }
            }
            listener.applied(bytes);
        } catch (IOException e) {
            throw new ApplyException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApplyException(e);
        }
    }

    private void count(ByteBuffer frames, long writes) {
        long changes = 0;
        for (int at = 0; at < frames.limit(); at += (int) Frames.length(frames, at)) {
            changes++;
        }
        store.countApplied((int) writes, changes, frames.limit() - changes * Frames.HEADER_BYTES);
    }

    /** Applies the entries that JRaft does not show to a state machine: its own, without client writes. */
    private void applyThrough(long index) throws IOException {
        for (long next = state.appliedIndex() + 1; next <= index; next++) {
            LogEntry entry = log.entry(next);
            if (entry == null) {
                throw new IOException("entry " + next + " is committed but not in the log");
            }
            state.apply(entry, storage.position(next));
            state.publish();
        }
    }

    @Override
    public void onSnapshotSave(SnapshotWriter writer, Closure done) {
        long index = writer.getCurrentMeta().getLastIncludedIndex();
        try {
            storage.awaitDurable(index, writer.getCurrentMeta().getLastIncludedTerm());
            applyThrough(index);
            state.checkpoint();
            if (state.lastCheckpoint().appliedIndex() < index) {
                throw new IllegalStateException("the checkpoint at "
                        + state.lastCheckpoint().appliedIndex() + " does not cover entry " + index);
            }
            done.run(Status.OK());
        } catch (IOException e) {
            logger.error("no checkpoint could be made at {}", index, e);
            // JRaft takes EIO for the end of the node. A full disk is not: the next checkpoint may find space.
            RaftError error = Trouble.isDiskFull(e) ? RaftError.EBUSY : RaftError.EIO;
            done.run(new Status(error, "no checkpoint could be made: %s", e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            done.run(new Status(RaftError.EINTR, "interrupted"));
        }
    }

    /** The state is at its last checkpoint already: it was opened there. */
    @Override
    public boolean onSnapshotLoad(SnapshotReader reader) {
        SnapshotMeta meta = reader.load();
        members.add(meta.getLastIncludedIndex(), Configurations.of(meta));
        return meta.getLastIncludedIndex() <= state.appliedIndex();
    }

    @Override
    public void onLeaderStart(long term) {
        listener.leading(term);
    }

    @Override
    public void onLeaderStop(Status status) {
        listener.following();
        listener.leader(null);
    }

    @Override
    public void onStartFollowing(LeaderChangeContext context) {
        listener.leader(context.getLeaderId());
    }

    @Override
    public void onStopFollowing(LeaderChangeContext context) {
        listener.leader(null);
    }

    @Override
    public void onError(RaftException error) {
        logger.error("the node has failed: {}", error.getStatus());
        listener.following();
        listener.failed(error);
    }

    @Override
    public void onShutdown() {
        listener.following();
    }

    /** Committed entries could not be applied. JRaft stops the node when it meets this. */
    private static final class ApplyException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        ApplyException(Throwable cause) {
            super("committed entries cannot be applied: " + cause.getMessage(), cause);
        }
    }
}
