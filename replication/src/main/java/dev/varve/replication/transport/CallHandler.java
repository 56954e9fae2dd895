package dev.varve.replication.transport;

/** Handles calls of other nodes. */
@FunctionalInterface
public interface CallHandler {

    /**
     * Handles a call. Calls of one node come one after the other, in its order; while this runs, the next of them waits.
     *
     * @param from name of the calling node
     */
    void handle(String from, byte[] body, Reply reply);

    /** The answer to one call; given from any thread, once. */
    @FunctionalInterface
    interface Reply {
        void answer(byte[] body);
    }
}
