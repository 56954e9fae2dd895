package dev.varve.replication.sequencer;

import dev.varve.storage.Entry;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What must be true of one key for a {@link Command} to take effect. The arrays are the caller's and are not copied; they
 * must not be changed before the command has been answered.
 */
public sealed interface Condition {

    /** The key of which it speaks. */
    byte[] key();

    /**
     * Decides the condition.
     *
     * @param current the entry of its key, or null if there is no such key
     */
    boolean holds(@Nullable Entry current);

    /** There is such a key. */
    record Exists(byte[] key) implements Condition {
        @Override
        public boolean holds(@Nullable Entry current) {
            return current != null;
        }
    }

    /** There is no such key. */
    record Absent(byte[] key) implements Condition {
        @Override
        public boolean holds(@Nullable Entry current) {
            return current == null;
        }
    }

    /** The key is there and was last set by the write of this revision. A revision of 0 or below never is. */
    record RevisionIs(byte[] key, long revision) implements Condition {
        @Override
        public boolean holds(@Nullable Entry current) {
            return current != null && current.revision() == revision;
        }
    }

    /** The key is there and has exactly this value. */
    record ValueIs(byte[] key, byte[] value) implements Condition {
        @Override
        public boolean holds(@Nullable Entry current) {
            return current != null && Arrays.equals(current.value(), value);
        }
    }
}
