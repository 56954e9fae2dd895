package dev.varve.testkit.history;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for. Its keys are distinct, at least one; all but {@link Kind#BATCH} and {@link Kind#RANGE} have exactly one.
 *
 * @param value what is written to each of the keys; null for reads and deletes
 */
public record Operation(
        Kind kind, List<String> keys, @Nullable String value) {

    /** The kinds of operations. */
    public enum Kind {
        PUT,
        PUT_IF_ABSENT,
        DELETE,
        GET,
        /** Writes one value to all its keys. */
        BATCH,
        /** Reads all its keys as of one moment. */
        RANGE;

        /** True if it changes nothing. */
        public boolean reads() {
            return this == GET || this == RANGE;
        }

        /** True if it does something only if its key is there, or only if it is not. */
        public boolean conditional() {
            return this == DELETE || this == PUT_IF_ABSENT;
        }
    }

    public Operation {
        keys = List.copyOf(keys);
        boolean many = kind == Kind.BATCH || kind == Kind.RANGE;
        if (keys.isEmpty() || (!many && keys.size() > 1)) {
            throw new IllegalArgumentException(kind + " of " + keys.size() + " keys");
        }
        if ((kind.reads() || kind == Kind.DELETE) != (value == null)) {
            throw new IllegalArgumentException(kind + " of the value " + value);
        }
    }

    public static Operation put(String key, String value) {
        return new Operation(Kind.PUT, List.of(key), value);
    }

    /** Writes only if the key is not there. */
    public static Operation putIfAbsent(String key, String value) {
        return new Operation(Kind.PUT_IF_ABSENT, List.of(key), value);
    }

    /** Says whether the key was there. */
    public static Operation delete(String key) {
        return new Operation(Kind.DELETE, List.of(key), null);
    }

    public static Operation get(String key) {
        return new Operation(Kind.GET, List.of(key), null);
    }

    /** Writes one value to all keys at once. */
    public static Operation batch(List<String> keys, String value) {
        return new Operation(Kind.BATCH, keys, value);
    }

    /** Reads all keys at once. */
    public static Operation range(List<String> keys) {
        return new Operation(Kind.RANGE, keys, null);
    }
}
