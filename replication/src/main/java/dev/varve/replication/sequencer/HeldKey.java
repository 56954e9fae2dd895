package dev.varve.replication.sequencer;

import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One key of the {@link Overlay}: the newest write to it that is not committed yet, and the commands that wait for it.
 * Equal to another by its key alone, so that it is its own key in the map. Confined to the lock of the sequencer.
 */
final class HeldKey implements Comparable<HeldKey> {

    final byte[] key;
    /** True for a row in the keyspace of the system, false for a key of a user. */
    final boolean system;

    private final int hash;

    /** The newest pending write to this key, or null if the applied state has them all. */
    @Nullable
    PendingCommand writer;

    /** Whether the key is there after {@link #writer}. Without meaning if there is none. */
    boolean exists;

    /** Invariant: never empty. The first has its turn on this key, the others wait behind it in order of arrival. */
    @Nullable
    ArrayDeque<PendingCommand> queue;

    HeldKey(byte[] key) {
        this(key, false);
    }

    private HeldKey(byte[] key, boolean system) {
        this.key = key;
        this.system = system;
        this.hash = Arrays.hashCode(key) + (system ? 1 : 0);
    }

    /** The key of which a condition speaks. */
    static HeldKey of(Condition condition) {
        return new HeldKey(condition.key(), condition instanceof Condition.Unanswered);
    }

    /** The row that remembers a request. */
    static HeldKey of(RequestNote note) {
        return new HeldKey(note.key(), true);
    }

    /** A key that a pending write removes by a range. */
    static HeldKey removed(byte[] key, PendingCommand remover) {
        HeldKey held = new HeldKey(key);
        held.writer = remover;
        return held;
    }

    boolean isFree() {
        return writer == null && queue == null;
    }

    /**
     * What the pending write says of a condition on this key, or null if that is not known before its commit. Only if there
     * is a pending write.
     */
    @Nullable
    Finding pendingFinding(Condition condition) {
        return switch (condition) {
            case Condition.Exists e -> new Finding(exists, 0);
            case Condition.Absent a -> new Finding(!exists, 0);
            case Condition.RevisionIs r -> exists ? null : new Finding(false, 0);
            case Condition.ValueIs v -> exists ? null : new Finding(false, 0);
            case Condition.Unanswered u -> null;
        };
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HeldKey held
                && hash == held.hash
                && system == held.system
                && Arrays.equals(key, held.key);
    }

    /** Keys come from outside and may be made to collide; an order keeps the buckets of the map searchable. */
    @Override
    public int compareTo(HeldKey other) {
        int order = Arrays.compareUnsigned(key, other.key);
        return order != 0 ? order : Boolean.compare(system, other.system);
    }
}
