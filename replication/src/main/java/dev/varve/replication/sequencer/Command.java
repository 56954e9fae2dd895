package dev.varve.replication.sequencer;

import dev.varve.storage.KeyRange;
import dev.varve.storage.Mutation;
import dev.varve.storage.WriteBatch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A write that is made only if all its conditions hold, decided and made in one step: nothing comes between.
 *
 * @param conditions what must hold, decided in this order; empty for a write without conditions
 * @param effects what is written then, as one batch with one revision. Neither it nor its arrays may be changed before
 *     the command has been answered
 * @param request its name, if it is to take effect once however often it comes: a repetition gets the answer of the first
 */
public record Command(
        List<Condition> conditions,
        WriteBatch effects,
        @Nullable RequestId request) {

    public Command {
        conditions = List.copyOf(conditions);
    }

    /** A command without a name. */
    public Command(List<Condition> conditions, WriteBatch effects) {
        this(conditions, effects, null);
    }

    /** The same command under a name, so that it takes effect once however often it is submitted. */
    public Command named(RequestId id) {
        return new Command(conditions, effects, id);
    }

    /** Sets the value of a key, whatever it was. */
    public static Command put(byte[] key, byte[] value) {
        return write(new WriteBatch().put(key, value));
    }

    /** Sets the value of a key that is not there yet. */
    public static Command putIfAbsent(byte[] key, byte[] value) {
        return new Command(List.of(new Condition.Absent(key)), new WriteBatch().put(key, value));
    }

    /** Sets the value of a key that is there. */
    public static Command putIfPresent(byte[] key, byte[] value) {
        return new Command(List.of(new Condition.Exists(key)), new WriteBatch().put(key, value));
    }

    /** Sets the value of a key that was last set by the write of the given revision. */
    public static Command putIfRevision(byte[] key, byte[] value, long revision) {
        return new Command(List.of(new Condition.RevisionIs(key, revision)), new WriteBatch().put(key, value));
    }

    /** Removes a key, whether it is there or not. */
    public static Command delete(byte[] key) {
        return write(new WriteBatch().delete(key));
    }

    /** Removes a key that is there. */
    public static Command deleteExisting(byte[] key) {
        return new Command(List.of(new Condition.Exists(key)), new WriteBatch().delete(key));
    }

    /** Removes a key that was last set by the write of the given revision. */
    public static Command deleteIfRevision(byte[] key, long revision) {
        return new Command(List.of(new Condition.RevisionIs(key, revision)), new WriteBatch().delete(key));
    }

    /** Makes all changes of a batch. */
    public static Command write(WriteBatch effects) {
        return new Command(List.of(), effects);
    }

    /** Makes all changes of a batch if all conditions hold. */
    public static Command writeIf(List<Condition> conditions, WriteBatch effects) {
        return new Command(conditions, effects);
    }

    /** The bytes of all keys and values in it. */
    public long sizeBytes() {
        long bytes = 0;
        for (Condition condition : conditions) {
            bytes += condition.key().length;
            if (condition instanceof Condition.ValueIs valueIs) {
                bytes += valueIs.value().length;
            }
        }
        for (Mutation mutation : effects.mutations()) {
            bytes += switch (mutation) {
                case Mutation.Put put -> (long) put.key().length + put.value().length;
                case Mutation.Delete delete -> delete.key().length;
                case Mutation.DeleteRange delete ->
                    length(delete.range().start()) + length(delete.range().end());
            };
        }
        return bytes;
    }

    private static long length(byte @Nullable [] bound) {
        return bound == null ? 0 : bound.length;
    }

    /** The ranges that it removes. */
    List<KeyRange> ranges() {
        List<KeyRange> ranges = List.of();
        for (Mutation mutation : effects.mutations()) {
            if (mutation instanceof Mutation.DeleteRange delete) {
                ranges = ranges.isEmpty() ? new ArrayList<>() : ranges;
                ranges.add(delete.range());
            }
        }
        return ranges;
    }
}
