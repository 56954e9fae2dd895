package dev.varve.storage;

import dev.varve.storage.state.RangeItem;
import dev.varve.storage.state.RangeReader;
import java.io.IOException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A cursor over a {@link RangeReader}. */
final class StoreCursor implements Cursor {

    private final RangeReader reader;
    private final Runnable openCheck;
    private final Function<IOException, StoreException> failure;
    private @Nullable RangeItem current;

    StoreCursor(RangeReader reader, Runnable openCheck, Function<IOException, StoreException> failure) {
        this.reader = reader;
        this.openCheck = openCheck;
        this.failure = failure;
    }

    @Override
    public boolean next() {
        openCheck.run();
        try {
            current = reader.next();
            return current != null;
        } catch (IOException e) {
            throw failure.apply(e);
        }
    }

    private RangeItem current() {
        if (current == null) {
            throw new IllegalStateException("the cursor has no entry: next() has not returned true");
        }
        return current;
    }

    @Override
    public byte[] key() {
        return current().key();
    }

    @Override
    public byte[] value() {
        return current().value();
    }

    @Override
    public long revision() {
        return current().revision();
    }

    @Override
    public long snapshotRevision() {
        return reader.revision();
    }

    @Override
    public boolean hasBuffered() {
        return reader.hasBuffered();
    }

    @Override
    public void close() {
        reader.close();
    }
}
