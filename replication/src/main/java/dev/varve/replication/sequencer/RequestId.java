package dev.varve.replication.sequencer;

import dev.varve.storage.Mutation;
import dev.varve.storage.StoreException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The name of a request by which a repetition of it is known, so that it takes effect once however often it comes: see
 * {@link RequestNote}. The arrays are not copied and must not be changed.
 *
 * @param origin who gave it
 * @param name under which the request is remembered
 * @param mark what must be equal if two requests of one name are the same one
 */
public record RequestId(Origin origin, byte[] name, byte[] mark) {

    private static final int FINGERPRINT_BYTES = 16;

    /** Who gives names to requests. The numbers stand on disk and never change. */
    public enum Origin {
        /** A client, by {@code Idempotency-Key}; the mark is a fingerprint of the command. */
        CLIENT(1),
        /**
         * A node that forwards. It has a number of slots and uses each for one request after the other; the mark is the request's number,
         * and a higher one takes the place of a lower one.
         */
        NODE(2);

        private final int number;

        Origin(int number) {
            this.number = number;
        }

        /** Its number in formats. */
        public int number() {
            return number;
        }

        /** The origin with this number, or null. */
        public static @Nullable Origin of(int number) {
            return number == CLIENT.number ? CLIENT : number == NODE.number ? NODE : null;
        }
    }

    /** The name that a client gave to a command. */
    public static RequestId ofClient(byte[] key, Command command) {
        return new RequestId(Origin.CLIENT, key, fingerprint(command));
    }

    /**
     * The name that a node gives to a command.
     *
     * @param session drawn when the node started
     * @param number higher than that of every earlier command in this slot
     */
    public static RequestId ofNode(long session, int slot, long number) {
        byte[] name = ByteBuffer.allocate(Long.BYTES + Short.BYTES)
                .putLong(session)
                .putShort((short) slot)
                .array();
        return new RequestId(
                Origin.NODE,
                name,
                ByteBuffer.allocate(Long.BYTES).putLong(number).array());
    }

    /** True if a request with this mark, which was remembered under the same name, was this one. */
    boolean isMarked(byte[] remembered) {
        return Arrays.equals(mark, remembered);
    }

    /** True if this request takes the place of the one that was remembered with this mark. */
    boolean replaces(byte[] remembered) {
        return origin == Origin.NODE && Arrays.compareUnsigned(mark, remembered) > 0;
    }

    /** What is told to a request that finds another one remembered under its name. */
    StoreException notTheSame() {
        return switch (origin) {
            case CLIENT ->
                new StoreException(
                        StoreException.Kind.REQUEST_REUSED,
                        "another request was made with the same Idempotency-Key; nothing was written");
            case NODE ->
                new StoreException(
                        StoreException.Kind.OUTCOME_UNKNOWN,
                        "the request comes after one that the same node made later");
        };
    }

    private static byte[] fingerprint(Command command) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        for (Condition condition : command.conditions()) {
            add(digest, condition.getClass().getSimpleName().getBytes(StandardCharsets.UTF_8));
            add(digest, condition.key());
            switch (condition) {
                case Condition.RevisionIs is ->
                    add(
                            digest,
                            ByteBuffer.allocate(Long.BYTES)
                                    .putLong(is.revision())
                                    .array());
                case Condition.ValueIs is -> add(digest, is.value());
                case Condition.Exists _, Condition.Absent _, Condition.Unanswered _ -> {}
            }
        }
        for (Mutation mutation : command.effects().mutations()) {
            add(digest, mutation.getClass().getSimpleName().getBytes(StandardCharsets.UTF_8));
            switch (mutation) {
                case Mutation.Put put -> {
                    add(digest, put.key());
                    add(digest, put.value());
                }
                case Mutation.Delete delete -> add(digest, delete.key());
                case Mutation.DeleteRange delete -> {
                    add(digest, delete.range().start());
                    add(digest, delete.range().end());
                }
            }
        }
        return Arrays.copyOf(digest.digest(), FINGERPRINT_BYTES);
    }

    private static void add(MessageDigest digest, byte @Nullable [] part) {
        digest.update(ByteBuffer.allocate(Integer.BYTES)
                .putInt(part == null ? -1 : part.length)
                .array());
        if (part != null) {
            digest.update(part);
        }
    }
}
