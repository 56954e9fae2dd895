package dev.varve.replication.sequencer;

import dev.varve.storage.Entry;
import dev.varve.storage.Lookup;
import dev.varve.storage.Store;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The applied state: what every committed write has left, as {@link Store} gives it. Most conditions need no more of a key
 * than its revision, for which no value is read. Thread-safe. Each method may throw a
 * {@link dev.varve.storage.StoreException}, which then fails the command that asked.
 */
public interface StateReader {

    /**
     * The revision of a key, 0 if there is no such key; empty if that needs the disk. Called under the lock of the sequencer:
     * must not block.
     */
    OptionalLong lookupRevision(byte[] key);

    /** The same, from the disk if need be. Called only on the executor of cold reads. */
    long revision(byte[] key);

    /** What is known of a key and its value without the disk. Called under the lock of the sequencer: must not block. */
    Lookup lookup(byte[] key);

    /** The entry of a key, or null if there is none, from the disk if need be. Called only on the executor of cold reads. */
    @Nullable
    Entry entry(byte[] key);

    /** What is known of a row in the keyspace of the system without the disk. Called under the lock of the sequencer: must not block. */
    Lookup lookupNote(byte[] key);

    /** The same, from the disk if need be; null if there is none. Called only on the executor of cold reads. */
    @Nullable
    Entry note(byte[] key);

    /** How many rows there are from one key to before another. Called only on the executor of cold reads. */
    long countNotes(byte[] from, byte[] to);

    /** The time of the log in microseconds, which never goes back. */
    long timeMicros();

    /**
     * The state of a store.
     *
     * @param timeMicros the time of its log
     */
    static StateReader of(Store store, LongSupplier timeMicros) {
        NoteReader notes = new NoteReader(store);
        return new StateReader() {
            @Override
            public OptionalLong lookupRevision(byte[] key) {
                return store.lookupKeyRevision(key);
            }

            @Override
            public long revision(byte[] key) {
                return store.keyRevision(key);
            }

            @Override
            public Lookup lookup(byte[] key) {
                return store.lookup(key);
            }

            @Override
            public @Nullable Entry entry(byte[] key) {
                return store.getEntry(key);
            }

            @Override
            public Lookup lookupNote(byte[] key) {
                return notes.lookup(key);
            }

            @Override
            public @Nullable Entry note(byte[] key) {
                return notes.read(key);
            }

            @Override
            public long countNotes(byte[] from, byte[] to) {
                return notes.count(from, to);
            }

            @Override
            public long timeMicros() {
                return timeMicros.getAsLong();
            }
        };
    }
}
