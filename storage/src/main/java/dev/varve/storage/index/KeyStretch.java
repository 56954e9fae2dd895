package dev.varve.storage.index;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Index keys from one on, up to another.
 *
 * @param start the first
 * @param end the first one beyond
 */
public record KeyStretch(byte[] start, byte[] end) {

    /** One key. */
    public static KeyStretch of(byte[] indexKey) {
        return new KeyStretch(indexKey, behind(indexKey));
    }

    /** The first key behind another. */
    public static byte[] behind(byte[] indexKey) {
        return Arrays.copyOf(indexKey, indexKey.length + 1);
    }

    /** The same keys as stretches that neither overlap nor touch, by key. */
    public static List<KeyStretch> union(List<KeyStretch> stretches) {
        List<KeyStretch> sorted = new ArrayList<>(stretches);
        sorted.sort(Comparator.comparing(KeyStretch::start, Arrays::compareUnsigned));
        List<KeyStretch> union = new ArrayList<>();
        for (KeyStretch next : sorted) {
            KeyStretch last = union.isEmpty() ? null : union.getLast();
            if (last == null || Arrays.compareUnsigned(next.start, last.end) > 0) {
                union.add(next);
            } else if (Arrays.compareUnsigned(next.end, last.end) > 0) {
                union.set(union.size() - 1, new KeyStretch(last.start, next.end));
            }
        }
        return union;
    }
}
