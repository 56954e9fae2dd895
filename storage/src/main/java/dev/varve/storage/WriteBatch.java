package dev.varve.storage;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Changes that are made together or not at all, visible together, under one revision. Where several concern a key, the last one
 * counts: a put stays if it comes after a range delete, and not if it comes before. Not thread-safe; may be written again after the first write was answered.
 */
public final class WriteBatch {

    private final List<Mutation> mutations = new ArrayList<>();

    /** Adds a put; the arrays are kept, not copied. */
    public WriteBatch put(byte[] key, byte[] value) {
        mutations.add(new Mutation.Put(key, value));
        return this;
    }

    /** Adds a delete; the array is kept, not copied. */
    public WriteBatch delete(byte[] key) {
        mutations.add(new Mutation.Delete(key));
        return this;
    }

    /** Adds the removal of every key of a range, in one change however many there are; the range's arrays are kept, not copied. */
    public WriteBatch deleteRange(KeyRange range) {
        mutations.add(new Mutation.DeleteRange(range));
        return this;
    }

    /** Adds any mutation. */
    public WriteBatch add(Mutation mutation) {
        mutations.add(mutation);
        return this;
    }

    /** The changes in the order in which they were added; a view. */
    public List<Mutation> mutations() {
        return Collections.unmodifiableList(mutations);
    }

    /** How many changes there are. */
    public int size() {
        return mutations.size();
    }

    /** True if there are none; an empty batch is refused by the store. */
    public boolean isEmpty() {
        return mutations.isEmpty();
    }
}
