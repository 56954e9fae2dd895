package dev.varve.storage.index;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * How many bytes in each of some segments, by the segments' ids, in their order: a map of 16 bytes for each, since in a large store hundreds of
 * tables may point to hundreds of segments each, and all of that stays in memory and is read when the store is opened. Immutable.
 */
public final class SegmentBytes extends AbstractMap<Long, Long> {

    /** Of no segment. */
    public static final SegmentBytes NONE = new SegmentBytes(new long[0]);

    /** Ids, ascending, each followed by its bytes. */
    private final long[] pairs;

    private SegmentBytes(long[] pairs) {
        this.pairs = pairs;
    }

    /**
     * Takes ids, ascending, each followed by its bytes.
     *
     * @param pairs not to be changed any more
     * @throws IllegalArgumentException if the ids do not ascend, or one has no bytes
     */
    public static SegmentBytes of(long[] pairs) {
        if (pairs.length % 2 != 0) {
            throw new IllegalArgumentException("the last segment has no bytes");
        }
        for (int i = 2; i < pairs.length; i += 2) {
            if (pairs[i] <= pairs[i - 2]) {
                throw new IllegalArgumentException("the segments are not in the order of their ids");
            }
        }
        return new SegmentBytes(pairs);
    }

    /** The same as in another map. */
    static SegmentBytes copyOf(Map<Long, Long> map) {
        if (map instanceof SegmentBytes same) {
            return same;
        }
        long[] pairs = new long[2 * map.size()];
        int i = 0;
        for (Entry<Long, Long> entry : new TreeMap<>(map).entrySet()) {
            pairs[i++] = entry.getKey();
            pairs[i++] = entry.getValue();
        }
        return new SegmentBytes(pairs);
    }

    /** Ids, ascending, each followed by its bytes: a copy. */
    public long[] pairs() {
        return pairs.clone();
    }

    /** How many bytes in those of some segments that are here. */
    long sum(Set<Long> segments) {
        long sum = 0;
        for (int i = 0; i < pairs.length; i += 2) {
            if (segments.contains(pairs[i])) {
                sum += pairs[i + 1];
            }
        }
        return sum;
    }

    /** Which of the ids it is, from 0 on; -1 if it is not here. */
    private int find(@Nullable Object id) {
        int low = 0;
        int high = size() - 1;
        while (id instanceof Long wanted && low <= high) {
            int middle = (low + high) >>> 1;
            if (pairs[2 * middle] == wanted) {
                return middle;
            } else if (pairs[2 * middle] < wanted) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    @Override
    public int size() {
        return pairs.length / 2;
    }

    @Override
    public boolean containsKey(@Nullable Object id) {
        return find(id) >= 0;
    }

    @Override
    public @Nullable Long get(@Nullable Object id) {
        int found = find(id);
        return found < 0 ? null : (Long) pairs[2 * found + 1];
    }

    @Override
    public void forEach(BiConsumer<? super Long, ? super Long> action) {
        for (int i = 0; i < pairs.length; i += 2) {
            action.accept(pairs[i], pairs[i + 1]);
        }
    }

    @Override
    public Set<Entry<Long, Long>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public int size() {
                return pairs.length / 2;
            }

            @Override
            public Iterator<Entry<Long, Long>> iterator() {
                return new Walk();
            }
        };
    }

    private final class Walk implements Iterator<Map.Entry<Long, Long>> {

        private int next;

        @Override
        public boolean hasNext() {
            return next < pairs.length;
        }

        @Override
        public Map.Entry<Long, Long> next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            next += 2;
            return Map.entry(pairs[next - 2], pairs[next - 1]);
        }
    }
}
