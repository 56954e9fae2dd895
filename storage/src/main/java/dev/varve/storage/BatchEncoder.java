package dev.varve.storage;

import dev.varve.storage.StoreException.Kind;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Checks a batch against the limits and turns it into the frames of one client write. */
final class BatchEncoder {

    private static final byte[] NOTHING = new byte[0];
    private static final byte[] LOWEST_KEY = new byte[1];

    /** The key of a frame is not longer. */
    private static final int LONGEST_BOUND = 0xffff;

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
        List<Mutation> effective = mutations.size() == 1 ? mutations : effective(mutations);
        FrameEncoder frames = new FrameEncoder((int) Math.min(bytes, Integer.MAX_VALUE - 16));
        boolean first = true;
        for (Mutation mutation : effective) {
            switch (mutation) {
                case Mutation.Put put -> frames.add(FrameKind.PUT, first, Frames.USER, put.key(), put.value());
                case Mutation.Delete delete -> frames.add(FrameKind.DELETE, first, Frames.USER, delete.key(), NOTHING);
                case Mutation.DeleteRange delete -> add(frames, first, delete.range());
            }
            first = false;
        }
        return frames;
    }

    /** An empty range is written as one that ends where it begins, since an end without bytes stands for no bound. */
    private static void add(FrameEncoder frames, boolean first, KeyRange range) {
        byte[] start = range.start() == null ? NOTHING : range.start();
        byte[] end = range.end();
        if (end == null) {
            frames.add(FrameKind.RANGE_DELETE, first, Frames.USER, start, NOTHING);
        } else if (Arrays.compareUnsigned(start, end) < 0) {
            frames.add(FrameKind.RANGE_DELETE, first, Frames.USER, start, end);
        } else {
            frames.add(FrameKind.RANGE_DELETE, first, Frames.USER, LOWEST_KEY, LOWEST_KEY);
        }
    }

    /** Checks one change and returns the bytes of its frame. */
    private long check(Mutation mutation) {
        return StoreOptions.CHANGE_BYTES
                + switch (mutation) {
                    case Mutation.Put put -> {
                        long keyBytes = checkKey(put.key());
                        limit("the value", put.value().length, options.maxValueBytes(), "maxValueBytes");
                        yield keyBytes + put.value().length;
                    }
                    case Mutation.Delete delete -> checkKey(delete.key());
                    case Mutation.DeleteRange delete ->
                        (long) checkBound(delete.range().start())
                                + checkBound(delete.range().end());
                };
    }

    private int checkKey(byte[] key) {
        if (key.length == 0) {
            throw new StoreException(Kind.INVALID_ARGUMENT, "the key is empty; a key has at least one byte");
        }
        limit("the key", key.length, options.maxKeyBytes(), "maxKeyBytes");
        return key.length;
    }

    /** The bound of a range may be the first key behind the longest one, which is one byte longer. */
    private int checkBound(byte @Nullable [] bound) {
        if (bound == null) {
            return 0;
        }
        limit("a bound of the range", bound.length, Math.min(options.maxKeyBytes() + 1, LONGEST_BOUND), "maxKeyBytes");
        return bound.length;
    }

    private static void limit(String what, long actual, int limit, String option) {
        if (actual > limit) {
            throw new StoreException(
                    Kind.TOO_LARGE,
                    what + " has " + actual + " bytes, the limit is " + limit + " (option " + option + ")");
        }
    }

    /**
     * What remains of a batch: the range deletes, which in the log take effect before all else that their write changes, then the last
     * change of each key that no later range delete removes.
     */
    private static List<Mutation> effective(List<Mutation> mutations) {
        List<Mutation> ranges = new ArrayList<>();
        NavigableMap<byte[], Mutation> last = new TreeMap<>(Arrays::compareUnsigned);
        for (Mutation mutation : mutations) {
            switch (mutation) {
                case Mutation.OfKey change -> last.put(change.key(), mutation);
                case Mutation.DeleteRange delete -> {
                    ranges.add(delete);
                    within(last, delete.range()).clear();
                }
            }
        }
        ranges.addAll(last.values());
        return ranges;
    }

    private static NavigableMap<byte[], Mutation> within(NavigableMap<byte[], Mutation> changes, KeyRange range) {
        if (range.isEmpty()) {
            return new TreeMap<>(Arrays::compareUnsigned);
        }
        byte[] start = range.start();
        byte[] end = range.end();
        NavigableMap<byte[], Mutation> part = start == null ? changes : changes.tailMap(start, true);
        return end == null ? part : part.headMap(end, false);
    }
}
