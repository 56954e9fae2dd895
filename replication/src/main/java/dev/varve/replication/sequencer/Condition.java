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

    /** A condition that the revision of its key decides, whatever the value is. */
    sealed interface OnRevision extends Condition {

        /**
         * Decides the condition.
         *
         * @param current the revision of its key, 0 if there is no such key
         */
        boolean holds(long current);
    }

    /** There is such a key. */
    record Exists(byte[] key) implements OnRevision {
        @Override
        public boolean holds(long current) {
            return current != 0;
        }
    }

    /** There is no such key. */
    record Absent(byte[] key) implements OnRevision {
        @Override
        public boolean holds(long current) {
            return current == 0;
        }
    }

    /** The key is there and was last set by the write of this revision. A revision of 0 or below never is. */
    record RevisionIs(byte[] key, long revision) implements OnRevision {
        @Override
        public boolean holds(long current) {
            return current != 0 && current == revision;
        }
    }

    /**
     * No request of this name was answered yet, as far as is remembered in one generation. The key is that of the row in the keyspace of
     * the system.
     */
    record Unanswered(byte[] key, RequestId id) implements Condition {

        /**
         * Decides the condition.
         *
         * @param remembered what the row holds, or null if there is none
         */
        boolean holds(byte @Nullable [] remembered) {
            return remembered == null
                    || id.replaces(RequestNote.decode(remembered).mark());
        }
    }

    /** The key is there and has exactly this value. */
    record ValueIs(byte[] key, byte[] value) implements Condition {

        /**
         * Decides the condition.
         *
         * @param current the entry of its key, or null if there is no such key
         */
        public boolean holds(@Nullable Entry current) {
            return current != null && Arrays.equals(current.value(), value);
        }
    }
}
