package dev.varve.storage.state;

import java.io.IOException;

/** Asked once, with the directory locked, as what a member of a Raft group begins whose directory has not been one's before. */
@FunctionalInterface
public interface Founder {

    /** Decides for an empty directory; may take as long as it needs. Nothing has been written yet, and nothing is if it throws. */
    Founding decide() throws IOException;

    /**
     * Decides for the store of a single node, which may go on as the first member of a group.
     *
     * @return as which node; the incarnation stays that of the store
     * @throws IOException if it may not, or not now
     */
    default Founding grow() throws IOException {
        throw new UnusableDirectoryException("it is the store of a single node");
    }
}
