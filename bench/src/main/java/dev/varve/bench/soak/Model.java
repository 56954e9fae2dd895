package dev.varve.bench.soak;

import dev.varve.bench.harness.Records;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * What must be in the store: of each key the version of the last write that was begun, and of the last one that was
 * acknowledged. It is a mapped file: what a process noted is there for the next one, also when the process was killed.
 *
 * <p>A state is a version and whether there is a value in it. Versions of a key only rise. A key is written by one thread at a time,
 * and read by many, beside its writer: a read may show any state from the last one that was acknowledged before it began to the last
 * one that was begun before it ended.
 *
 * <p>Thread-safe.
 */
final class Model implements AutoCloseable {

    private static final ValueLayout.OfInt LAYOUT = ValueLayout.JAVA_INT;
    private static final VarHandle INT = LAYOUT.varHandle();
    private static final int VERSIONS_PER_KEY = 2;

    private final Records records;
    private final int keyCount;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment states;

    private Model(Path file, Records records, int keyCount) throws IOException {
        this.records = records;
        this.keyCount = keyCount;
        long bytes = (long) keyCount * VERSIONS_PER_KEY * Integer.BYTES;
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            this.states = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
        }
    }

    /** Opens a model, or makes that of an empty store. */
    static Model open(Path file, Records records, int keyCount) throws IOException {
        return new Model(file, records, keyCount);
    }

    int keyCount() {
        return keyCount;
    }

    // ---------------------------------------------------------------------------------------------------- states

    /** The state of a key of which nothing is known but that it is not there is 0. */
    static int state(int version, boolean isPresent) {
        return version << 1 | (isPresent ? 1 : 0);
    }

    static int version(int state) {
        return state >>> 1;
    }

    static boolean isPresent(int state) {
        return (state & 1) == 1;
    }

    /** The last state that a write began to make. */
    int begun(long rank) {
        return (int) INT.getAcquire(states, offset(rank));
    }

    /** The last state that was acknowledged. */
    int acknowledged(long rank) {
        return (int) INT.getAcquire(states, offset(rank) + Integer.BYTES);
    }

    /** A write begins that makes this version, which is above all that were begun before. */
    void begin(long rank, int version, boolean isPresent) {
        INT.setRelease(states, offset(rank), state(version, isPresent));
    }

    /** A version that none of some neighbouring keys has had. */
    int nextVersion(long first, int count) {
        int version = 0;
        for (long rank = first; rank < first + count; rank++) {
            version = Math.max(version, version(begun(rank)));
        }
        return version + 1;
    }

    /** The write that was begun last has been acknowledged. */
    void acknowledge(long rank) {
        INT.setRelease(states, offset(rank) + Integer.BYTES, begun(rank));
    }

    private static long offset(long rank) {
        return rank * VERSIONS_PER_KEY * Integer.BYTES;
    }

    // ---------------------------------------------------------------------------------------------------- checks

    /**
     * What is wrong with what a read gave, or null.
     *
     * @param before what {@link #acknowledged} was before the read began
     * @param value what it gave; null: no such key
     */
    @Nullable
    String check(long rank, int before, byte @Nullable [] value) {
        int after = begun(rank);
        if (value == null) {
            // A version between the two may have been a delete.
            boolean mayBeAbsent = !isPresent(before) || !isPresent(after) || version(after) > version(before) + 1;
            return mayBeAbsent ? null : "key " + rank + " is missing: version " + version(before) + " was acknowledged";
        }
        if (!records.isValue(rank, value)) {
            return "key " + rank + " has a value that was never written: " + value.length + " bytes that name version "
                    + Records.version(value);
        }
        int version = Records.version(value);
        if (version < version(before) || version > version(after)) {
            return "key %d has version %d: version %d was acknowledged before, version %d is the last that was written"
                    .formatted(rank, version, version(before), version(after));
        }
        boolean wasDeleted =
                (version == version(before) && !isPresent(before)) || (version == version(after) && !isPresent(after));
        return wasDeleted ? "key " + rank + " has a value in version " + version + ", which is a delete" : null;
    }

    /** Bytes of the keys and values that are in the store. */
    long liveBytes() {
        long bytes = 0;
        for (long rank = 0; rank < keyCount; rank++) {
            int state = acknowledged(rank);
            if (isPresent(state)) {
                bytes += Records.KEY_BYTES_MEAN + records.valueBytes(rank, version(state));
            }
        }
        return bytes;
    }

    @Override
    public void close() {
        arena.close();
    }
}
