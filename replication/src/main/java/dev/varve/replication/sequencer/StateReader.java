package dev.varve.replication.sequencer;

import dev.varve.storage.Entry;
import dev.varve.storage.Lookup;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The applied state: what every committed write has left, as {@code Store} gives it. Thread-safe. Both methods may throw a
 * {@link dev.varve.storage.StoreException}, which then fails the command that asked.
 */
public interface StateReader {

    /** What is known of a key without waiting for the disk. Called under the lock of the sequencer: must not block. */
    Lookup lookup(byte[] key);

    /** The entry of a key, or null if there is none. May wait for the disk; called only on the executor of cold reads. */
    @Nullable
    Entry getEntry(byte[] key);

    /** A reader of two methods, for {@code StateReader.of(store::lookup, store::getEntry)}. */
    static StateReader of(Function<byte[], Lookup> lookup, Function<byte[], @Nullable Entry> getEntry) {
        return new StateReader() {
            @Override
            public Lookup lookup(byte[] key) {
                return lookup.apply(key);
            }

            @Override
            public @Nullable Entry getEntry(byte[] key) {
                return getEntry.apply(key);
            }
        };
    }
}
