package dev.varve.replication.sequencer;

import dev.varve.storage.Entry;
import dev.varve.storage.Lookup;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.format.Frames;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.state.RangeReader;
import dev.varve.storage.state.StateMachine;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads rows in the keyspace of the system of a store. Thread-safe. */
final class NoteReader {

    private final StateMachine state;

    NoteReader(Store store) {
        this.state = store.state();
    }

    /** What is known without the disk. */
    Lookup lookup(byte[] key) {
        try {
            StateMachine.Found found = state.get(Frames.SYSTEM, key, Long.MAX_VALUE, true);
            if (found == null) {
                return Lookup.ABSENT;
            }
            return found.isCold() ? Lookup.COLD : Lookup.found(new Entry(key, found.value(), found.revision()));
        } catch (IOException e) {
            throw failure(e);
        }
    }

    @Nullable
    Entry read(byte[] key) {
        try {
            StateMachine.Found found = state.get(Frames.SYSTEM, key, Long.MAX_VALUE, false);
            return found == null ? null : new Entry(key, found.value(), found.revision());
        } catch (IOException e) {
            throw failure(e);
        }
    }

    long count(byte[] from, byte[] to) {
        long revision = state.openSnapshot();
        try (RangeReader rows =
                state.range(IndexKey.of(Frames.SYSTEM, from), IndexKey.of(Frames.SYSTEM, to), true, revision)) {
            long count = 0;
            while (rows.next() != null) {
                count++;
            }
            return count;
        } catch (IOException e) {
            throw failure(e);
        } finally {
            state.releaseSnapshot(revision);
        }
    }

    private static StoreException failure(IOException e) {
        return new StoreException(StoreException.Kind.IO, "what is remembered of a request cannot be read: " + e, e);
    }
}
