package dev.varve.replication.cluster;

import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.CommandCallback;
import dev.varve.replication.sequencer.RequestNote;
import dev.varve.replication.sequencer.SequencerLimits;
import dev.varve.replication.sequencer.SequencerStats;
import dev.varve.replication.sequencer.StateReader;
import dev.varve.replication.sequencer.WriteSequencer;
import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.PreparedWrite;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreListener;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.WriteCallback;
import dev.varve.storage.format.FrameEncoder;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A store that is served by this node alone: it always leads, and is always current. */
public final class LoneStore implements ServedStore {

    private final Store store;
    private final String node;
    private final WriteSequencer sequencer;
    private volatile @Nullable String leader;

    /**
     * Serves a store, which it owns from now on.
     *
     * @param node the name of the node in its answers
     * @param coldReads runs reads of the sequencer that may wait for the disk
     */
    public LoneStore(Store store, String node, Executor coldReads) {
        this.store = store;
        this.node = node;
        this.sequencer = new WriteSequencer(
                StateReader.of(store, store.state().log().clock()::micros),
                this::prepare,
                coldReads,
                SequencerLimits.defaults());
    }

    private PreparedWrite prepare(
            WriteBatch batch, @Nullable RequestNote note, Durability durability, WriteCallback callback) {
        return note == null
                ? store.prepare(batch, durability, callback)
                : store.prepare(batch, note.addTo(frames(batch)), durability, callback);
    }

    private FrameEncoder frames(WriteBatch batch) {
        return batch.isEmpty() ? new FrameEncoder(0) : store.encode(batch);
    }

    @Override
    public Store store() {
        return store;
    }

    @Override
    public void addListener(StoreListener listener) {
        store.addListener(listener);
    }

    @Override
    public void submit(Command command, Durability durability, long deadlineNanos, CommandCallback callback) {
        sequencer.submit(command, durability, callback);
    }

    @Override
    public boolean isCurrent(Consistency consistency) {
        return true;
    }

    @Override
    public void awaitCurrent(Consistency consistency, long deadlineNanos, Consumer<@Nullable StoreException> callback) {
        callback.accept(null);
    }

    @Override
    public void change(
            MemberChange change,
            @Nullable String other,
            long deadlineNanos,
            Consumer<@Nullable StoreException> callback) {
        callback.accept(new StoreException(
                StoreException.Kind.INVALID_ARGUMENT,
                "the store is served alone and belongs to no cluster; start the server with --raft and --peers"));
    }

    @Override
    public void awaitRevision(long revision, long deadlineNanos, Consumer<@Nullable StoreException> callback) {
        long has = store.revision();
        callback.accept(
                has >= revision
                        ? null
                        : new StoreException(
                                StoreException.Kind.INVALID_ARGUMENT,
                                "the store has never given revision " + revision + "; its last one is " + has));
    }

    @Override
    public long lag() {
        return -1;
    }

    /** What is forced here is all that there is. */
    @Override
    public Durability durability(Durability asked) {
        return asked == Durability.ACCEPTED ? Durability.ACCEPTED : Durability.MAJORITY;
    }

    @Override
    public @Nullable Entry readElsewhere(byte[] key, long leastRevision, StoreException damage) {
        throw damage;
    }

    @Override
    public void compare(Comparing callback) {
        callback.compared(
                null,
                new StoreException(
                        StoreException.Kind.INVALID_ARGUMENT,
                        "the store is served alone; there are no other replicas"));
    }

    @Override
    public @Nullable ReplicaDigests lastCompared() {
        return null;
    }

    @Override
    public void stepAside() {}

    @Override
    public @Nullable String leader() {
        return leader;
    }

    @Override
    public void advertise(String httpAddress) {
        leader = node + "=" + httpAddress;
    }

    @Override
    public @Nullable String unready() {
        return null;
    }

    @Override
    public SequencerStats sequencerStats() {
        return sequencer.stats();
    }

    @Override
    public ClusterView view() {
        String self = leader;
        String http = self == null ? null : self.substring(node.length() + 1);
        long revision = store.revision();
        return new ClusterView(
                null,
                node,
                node,
                0,
                List.of(new ClusterView.MemberView(node, http, true, false, true, "leader", revision, revision, 0, "")),
                ClusterView.CatchUp.NONE);
    }

    @Override
    public void close() {
        store.close();
    }
}
