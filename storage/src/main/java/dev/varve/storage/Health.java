package dev.varve.storage;

/**
 * Whether the store takes writes.
 *
 * @param state the state
 * @param detail a sentence for people: what happened and what to do
 */
public record Health(State state, String detail) {

    /** The states. */
    public enum State {
        /** Everything works. */
        OK,
        /** No space is left: writes are refused until there is some, reads go on. */
        DISK_FULL,
        /** Tables cannot be written: writes are refused until they can, reads go on. */
        BLOCKED,
        /** The log or the manifest failed: writes are refused until the store is opened again, reads go on. */
        LOG_FAILED,
        /** The store has been closed. */
        CLOSED
    }
}
