package dev.varve.replication.sequencer;

import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of a request that was answered: a row in the keyspace of the system, written by the same client write as the effects,
 * so that both are there or neither. The row's own revision is that of the write. The format is {@code docs/formats/requests.md}.
 *
 * <p>Rows are kept by generations, each of {@value #GENERATION_MICROS} microseconds of the log's time. A request is looked for in the
 * present one and the one before, and so remembered for one to two of them. The first row of a generation is accompanied by the removal
 * of those that are no longer looked at: one record, however many rows there are.
 *
 * @param generation to which it belongs
 * @param key of the row
 * @param value of the row
 * @param forgets the generation before which all rows are removed, or -1
 */
@SuppressWarnings("ArrayRecordComponent") // It is never compared.
public record RequestNote(long generation, byte[] key, byte[] value, long forgets) {

    /** How long a generation lasts: an hour. */
    public static final long GENERATION_MICROS = 3_600_000_000L;

    private static final byte TABLE = 1;
    private static final byte COMMITTED = 1;
    private static final byte REFUSED = 2;

    /**
     * How a request ended, as it is remembered.
     *
     * @param mark of the request
     * @param failedCondition index of the condition that did not hold; -1 if the write was made
     * @param currentRevision what was told of that condition's key
     */
    record Earlier(byte[] mark, int failedCondition, long currentRevision) {}

    /** The generation of a moment of the log's time. */
    static long generation(long timeMicros) {
        return timeMicros / GENERATION_MICROS;
    }

    /** The key of the row of a request. */
    static byte[] key(RequestId id, long generation) {
        return ByteBuffer.allocate(1 + Integer.BYTES + 1 + id.name().length)
                .put(TABLE)
                .putInt((int) generation)
                .put((byte) id.origin().number())
                .put(id.name())
                .array();
    }

    /** Below all rows of a generation and origin, and above all of those before. */
    static byte[] bound(long generation, int origin) {
        return ByteBuffer.allocate(1 + Integer.BYTES + 1)
                .put(TABLE)
                .putInt((int) generation)
                .put((byte) origin)
                .array();
    }

    /** The write of the request was made. */
    static RequestNote committed(RequestId id, long generation, long forgets) {
        byte[] value = ByteBuffer.allocate(1 + id.mark().length)
                .put(COMMITTED)
                .put(id.mark())
                .array();
        return new RequestNote(generation, key(id, generation), value, forgets);
    }

    /** A condition of the request did not hold. */
    RequestNote refused(RequestId id, int failedCondition, long currentRevision) {
        byte[] refusal = ByteBuffer.allocate(1 + Short.BYTES + Long.BYTES + id.mark().length)
                .put(REFUSED)
                .putShort((short) failedCondition)
                .putLong(currentRevision)
                .put(id.mark())
                .array();
        return new RequestNote(generation, key, refusal, forgets);
    }

    /** Adds the row to the frames of a client write, which it begins if there are none. */
    @SuppressWarnings("exports") // The frames are for the modules that the storage's package is exported to.
    public FrameEncoder addTo(FrameEncoder frames) {
        if (forgets >= 0) {
            frames.add(FrameKind.RANGE_DELETE, frames.frames() == 0, Frames.SYSTEM, bound(0, 0), bound(forgets, 0));
        }
        return frames.add(FrameKind.PUT, frames.frames() == 0, Frames.SYSTEM, key, value);
    }

    /** @throws IllegalStateException if the value is that of no row */
    static Earlier decode(byte[] value) {
        try {
            ByteBuffer in = ByteBuffer.wrap(value);
            byte form = in.get();
            int failed = form == REFUSED ? Short.toUnsignedInt(in.getShort()) : -1;
            long revision = form == REFUSED ? in.getLong() : 0;
            if (form == COMMITTED || form == REFUSED) {
                return new Earlier(Arrays.copyOfRange(value, in.position(), value.length), failed, revision);
            }
        } catch (BufferUnderflowException e) {
            throw unreadable(e);
        }
        throw unreadable(null);
    }

    private static IllegalStateException unreadable(@Nullable Throwable cause) {
        return new IllegalStateException("what is remembered of a request cannot be read", cause);
    }
}
