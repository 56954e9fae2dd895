package dev.varve.storage;

import org.jspecify.annotations.Nullable;

/**
 * What a read that must not wait for the disk found: see {@link Store#lookup}.
 *
 * @param state what is known
 * @param entry the entry if the state is {@link State#FOUND}, else null
 */
public record Lookup(State state, @Nullable Entry entry) {

    /** What is known of the key. */
    public enum State {
        /** The key is there; the entry is at hand. */
        FOUND,
        /** There is no such key. */
        ABSENT,
        /** The answer may need the disk: ask {@link Store#getEntry} on a thread that may block. */
        COLD
    }

    /** There is no such key. */
    public static final Lookup ABSENT = new Lookup(State.ABSENT, null);

    /** The answer may need the disk. */
    public static final Lookup COLD = new Lookup(State.COLD, null);

    /** The entry that was found. */
    public static Lookup found(Entry entry) {
        return new Lookup(State.FOUND, entry);
    }
}
