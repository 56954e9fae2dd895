package dev.varve.cli.transfer;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What is to be imported: items in a fixed order. For one thread, but for the values of its items. */
interface Source extends AutoCloseable {

    /** Names this state of the source: another text means that ordinals may mean other items. */
    String fingerprint();

    /** The sum of the items' bytes; -1 if unknown. */
    long bytes();

    /** The next item; null behind the last. */
    @Nullable
    Item next() throws IOException;

    @Override
    void close() throws IOException;
}
