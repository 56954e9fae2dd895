package dev.varve.storage;

import dev.varve.storage.StoreException.Kind;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Checks a batch against the limits and turns it into the frames of one client write. */
final class BatchEncoder {

    private static final byte[] NOTHING = new byte[0];

    private final StoreOptions options;

    BatchEncoder(StoreOptions options) {
        this.options = options;
    }

    /** @throws StoreException if the batch is empty or over a limit */
    FrameEncoder encode(WriteBatch batch) {
        List<Mutation> mutations = batch.mutations();
        if (mutations.isEmpty()) {
            throw new StoreException(Kind.INVALID_ARGUMENT, "the batch is empty; add at least one change");
        }
        long bytes = 0;
        for (Mutation mutation : mutations) {
            bytes += check(mutation);
        }
        if (mutations.size() > 1) {
            limit("the batch of " + mutations.size() + " changes", bytes, options.maxBatchBytes(), "maxBatchBytes");
        }
        Collection<Mutation> effective = mutations.size() == 1 ? mutations : lastOfEachKey(mutations);
        FrameEncoder frames = new FrameEncoder((int) Math.min(bytes, Integer.MAX_VALUE - 16));
        boolean first = true;
        for (Mutation mutation : effective) {
            switch (mutation) {
                case Mutation.Put put -> frames.add(FrameKind.PUT, first, Frames.USER, put.key(), put.value());
                case Mutation.Delete delete -> frames.add(FrameKind.DELETE, first, Frames.USER, delete.key(), NOTHING);
            }
            first = false;
        }
        return frames;
    }

    /** Checks one change and returns the bytes of its frame. */
    private long check(Mutation mutation) {
        byte[] key = mutation.key();
        if (key.length == 0) {
            throw new StoreException(Kind.INVALID_ARGUMENT, "the key is empty; a key has at least one byte");
        }
        limit("the key", key.length, options.maxKeyBytes(), "maxKeyBytes");
        if (mutation instanceof Mutation.Put put) {
            limit("the value", put.value().length, options.maxValueBytes(), "maxValueBytes");
            return (long) StoreOptions.CHANGE_BYTES + key.length + put.value().length;
        }
        return (long) StoreOptions.CHANGE_BYTES + key.length;
    }

    private static void limit(String what, long actual, int limit, String option) {
        if (actual > limit) {
            throw new StoreException(
                    Kind.TOO_LARGE,
                    what + " has " + actual + " bytes, the limit is " + limit + " (option " + option + ")");
        }
    }

    private static Collection<Mutation> lastOfEachKey(List<Mutation> mutations) {
        Map<ByteBuffer, Mutation> last = LinkedHashMap.newLinkedHashMap(mutations.size());
        for (Mutation mutation : mutations) {
            last.put(ByteBuffer.wrap(mutation.key()), mutation);
        }
        return last.values();
    }
}
