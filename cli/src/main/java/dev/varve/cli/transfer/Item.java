package dev.varve.cli.transfer;

import java.io.IOException;

/** One entry of a source. The key is asked for by one thread, the value later by another. */
interface Item {

    /** Its place in the source, from 0; the same in every run over the same source. */
    long ordinal();

    /** How much of the source it is, for the progress bar. */
    long bytes();

    /**
     * The key.
     *
     * @throws dev.varve.cli.Failure if the source holds no entry here; the message names the place
     */
    byte[] key() throws IOException;

    /** The value, read now. */
    byte[] value() throws IOException;
}
