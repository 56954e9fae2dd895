package dev.varve.storage;

/**
 * One change of a {@link WriteBatch}. The arrays are the caller's and are not copied; they must not be changed before the
 * write has been answered.
 */
public sealed interface Mutation {

    /** A change of one key. */
    sealed interface OfKey extends Mutation {

        /** The key that is changed. */
        byte[] key();
    }

    /** Sets the value of a key. */
    record Put(byte[] key, byte[] value) implements OfKey {}

    /** Removes a key; no error if there is none. */
    record Delete(byte[] key) implements OfKey {}

    /** Removes every key of a range; no error if there is none. */
    record DeleteRange(KeyRange range) implements Mutation {}
}
