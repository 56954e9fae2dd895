package dev.varve.storage;

/** A write that was checked and encoded, so that logging it is quick: see {@link Store#prepare}. To be submitted at most once. */
@FunctionalInterface
public interface PreparedWrite {

    /** Logs the write without waiting; its callback tells how it ended. Writes are logged in the order of the calls. */
    void submit();
}
