package dev.varve.replication.cluster;

import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.CommandCallback;
import dev.varve.replication.sequencer.SequencerStats;
import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreListener;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A store as a server serves it: alone, or as one of a cluster's. Reads go to the {@link #store} once it is {@linkplain #isCurrent
 * current}, writes through {@link #submit}. Thread-safe.
 */
public interface ServedStore extends AutoCloseable {

    /** What is read: now, since it may be replaced by another one. */
    Store store();

    /** Has a listener told of what is measured in the store, until this is closed. */
    void addListener(StoreListener listener);

    /**
     * Submits a command, wherever it is decided. Never blocks. Commands of one thread that name a common key take effect in the order of
     * their submission, as long as the leader stays.
     *
     * @param deadlineNanos by when it must have been handed to a leader, on the ticker; if it could not be, it fails as
     *     {@link StoreException.Kind#NO_LEADER}, and nothing was written
     * @param callback told once how it ended, perhaps before this call returns; it must not block
     */
    void submit(Command command, Durability durability, long deadlineNanos, CommandCallback callback);

    /** True if what the store has now is new enough, so that nobody need be asked. */
    boolean isCurrent(Consistency consistency);

    /**
     * Waits until what the store has is new enough.
     *
     * @param callback told null when it is, or why that cannot be had before the deadline; it must not block
     */
    void awaitCurrent(Consistency consistency, long deadlineNanos, Consumer<@Nullable StoreException> callback);

    /**
     * Changes who belongs to the cluster or who leads it, wherever that is decided. Never blocks.
     *
     * @param node which node; null where it may be any
     * @param callback told null when the change is made, or why it is not
     */
    void change(
            MemberChange change,
            @Nullable String node,
            long deadlineNanos,
            Consumer<@Nullable StoreException> callback);

    /**
     * Reads a key of another replica, where this one's is damaged. Blocks for some seconds at most.
     *
     * @param leastRevision what the other replica must have
     * @param damage why this one's cannot be read
     * @return null if there is no such key
     * @throws StoreException the damage, if no other replica tells
     */
    @Nullable
    Entry readElsewhere(byte[] key, long leastRevision, StoreException damage);

    /** Told how a comparison ended: what was found, or why there is nothing. Must not block. */
    interface Comparing {
        void compared(@Nullable ReplicaDigests digests, @Nullable StoreException trouble);
    }

    /** Compares what the replicas hold as of one revision. Never blocks. */
    void compare(Comparing callback);

    /** What the last comparison found; null if there was none. */
    @Nullable
    ReplicaDigests lastCompared();

    /** Lets another node lead if this one does, as far as that takes a moment only: what comes here is then brought there. */
    void stepAside();

    /**
     * Waits until the store has a certain revision, whoever leads.
     *
     * @param callback told null when it has, or why it had it not before the deadline; it must not block
     */
    void awaitRevision(long revision, long deadlineNanos, Consumer<@Nullable StoreException> callback);

    /** How many entries of the log this node is behind, as far as it knows; -1 for a store that is served alone. */
    long lag();

    /** How durable a write is when it is answered, if so much was asked for: never less than that. */
    Durability durability(Durability asked);

    /** Who leads: its name and the address of its HTTP port, {@code a=127.0.0.1:8080}; null if that is not known. */
    @Nullable
    String leader();

    /** Tells the others under which address clients reach this node. To be called once, before clients do. */
    void advertise(String httpAddress);

    /** Why requests should go to another node, in words; null if they may come here. */
    @Nullable
    String unready();

    /** What the sequencer of this node holds. */
    SequencerStats sequencerStats();

    /** Who belongs to it, and where each of them stands. */
    ClusterView view();

    /** Stops, and closes the store. */
    @Override
    void close();
}
