package dev.varve.storage.state;

import java.io.IOException;

/** Asked once, with the directory locked, as what a store is to be founded in an empty directory. */
@FunctionalInterface
public interface Founder {

    /** Decides; may take as long as it needs. Nothing has been written yet, and nothing is if it throws. */
    Founding decide() throws IOException;
}
