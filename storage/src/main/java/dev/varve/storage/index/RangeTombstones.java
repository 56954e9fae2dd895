package dev.varve.storage.index;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which ranges of keys were removed as a whole, and by which writes.
 *
 * <p>Ranges may overlap, so they are kept in fragments: disjoint and in order, each with the revisions of all writes that removed
 * every key in it, newest first (as RocksDB and Pebble fragment them). What covers a key is so found by halving. A write removes
 * what earlier revisions say: it hides an entry if its revision is higher than the entry's. Within one write the range deletes
 * therefore come before its puts and deletes.
 *
 * <p>Bounds are index keys. Immutable; adding makes a copy.
 */
public final class RangeTombstones {

    /** No tombstone. */
    public static final RangeTombstones NONE = new RangeTombstones(new Fragment[0], 0);

    private final Fragment[] fragments;
    private final int count;

    /**
     * A range in which all keys share their tombstones.
     *
     * @param start its first index key
     * @param end the first index key beyond it
     * @param revisions of the writes that removed the range, descending; at least one
     */
    public record Fragment(byte[] start, byte[] end, long[] revisions) {}

    private RangeTombstones(Fragment[] fragments, int count) {
        this.fragments = fragments;
        this.count = count;
    }

    private static int count(Fragment[] fragments, int from, int to) {
        int count = 0;
        for (int i = from; i < to; i++) {
            count += fragments[i].revisions.length;
        }
        return count;
    }

    /**
     * Puts fragments together.
     *
     * @throws IllegalArgumentException if they are not as {@link RangeTombstones} demands
     */
    static RangeTombstones of(List<Fragment> fragments) {
        Gathering gathering = new Gathering(fragments.size());
        byte[] last = new byte[0];
        for (Fragment fragment : fragments) {
            if (Arrays.compareUnsigned(fragment.start, last) < 0
                    || Arrays.compareUnsigned(fragment.end, fragment.start) <= 0
                    || !descending(fragment.revisions)) {
                throw new IllegalArgumentException("the fragments of range tombstones are not disjoint and in order");
            }
            gathering.add(fragment.start, fragment.end, fragment.revisions);
            last = fragment.end;
        }
        return gathering.finish();
    }

    private static boolean descending(long[] revisions) {
        for (int i = 1; i < revisions.length; i++) {
            if (revisions[i] >= revisions[i - 1]) {
                return false;
            }
        }
        return revisions.length > 0;
    }

    /** Takes fragments in order and joins those that need not be two. */
    private static final class Gathering {

        private final List<Fragment> fragments;

        Gathering(int expected) {
            fragments = new ArrayList<>(expected);
        }

        void add(byte[] start, byte[] end, long[] revisions) {
            Fragment last = fragments.isEmpty() ? null : fragments.getLast();
            if (last != null && Arrays.equals(last.end, start) && Arrays.equals(last.revisions, revisions)) {
                fragments.set(fragments.size() - 1, new Fragment(last.start, end, revisions));
            } else {
                fragments.add(new Fragment(start, end, revisions));
            }
        }

        RangeTombstones finish() {
            Fragment[] all = fragments.toArray(Fragment[]::new);
            return all.length == 0 ? NONE : new RangeTombstones(all, count(all, 0, all.length));
        }
    }

    /**
     * These tombstones and one more.
     *
     * @param start first index key that was removed
     * @param end first index key beyond, above {@code start}
     * @param revision of the write that removed them
     */
    public RangeTombstones with(byte[] start, byte[] end, long revision) {
        int from = firstEndingBehind(start);
        int to = from;
        while (to < fragments.length && Arrays.compareUnsigned(fragments[to].start, end) < 0) {
            to++;
        }
        Fragment[] added = {new Fragment(start, end, new long[] {revision})};
        RangeTombstones middle = union(Arrays.copyOfRange(fragments, from, to), added);
        int length = middle.fragments.length;
        Fragment[] all = new Fragment[from + length + fragments.length - to];
        System.arraycopy(fragments, 0, all, 0, from);
        System.arraycopy(middle.fragments, 0, all, from, length);
        System.arraycopy(fragments, to, all, from + length, fragments.length - to);
        return new RangeTombstones(all, count - count(fragments, from, to) + middle.count);
    }

    /** What several sets say together. */
    public static RangeTombstones union(List<RangeTombstones> sets) {
        return switch (sets.size()) {
            case 0 -> NONE;
            case 1 -> sets.getFirst();
            default -> {
                int middle = sets.size() / 2;
                RangeTombstones left = union(sets.subList(0, middle));
                RangeTombstones right = union(sets.subList(middle, sets.size()));
                yield union(left.fragments, right.fragments);
            }
        };
    }

    private static RangeTombstones union(Fragment[] left, Fragment[] right) {
        Gathering all = new Gathering(left.length + right.length);
        byte[] at = new byte[0]; // What lies below has been added.
        int i = 0;
        int j = 0;
        while (i < left.length && j < right.length) {
            Fragment a = left[i];
            Fragment b = right[j];
            byte[] aStart = later(a.start, at);
            byte[] bStart = later(b.start, at);
            int order = Arrays.compareUnsigned(aStart, bStart);
            if (order < 0) {
                at = earlier(a.end, bStart);
                all.add(aStart, at, a.revisions);
            } else if (order > 0) {
                at = earlier(b.end, aStart);
                all.add(bStart, at, b.revisions);
            } else {
                at = earlier(a.end, b.end);
                all.add(aStart, at, merged(a.revisions, b.revisions));
            }
            i += Arrays.compareUnsigned(a.end, at) <= 0 ? 1 : 0;
            j += Arrays.compareUnsigned(b.end, at) <= 0 ? 1 : 0;
        }
        for (; i < left.length; i++) {
            all.add(later(left[i].start, at), left[i].end, left[i].revisions);
        }
        for (; j < right.length; j++) {
            all.add(later(right[j].start, at), right[j].end, right[j].revisions);
        }
        return all.finish();
    }

    private static byte[] later(byte[] a, byte[] b) {
        return Arrays.compareUnsigned(a, b) >= 0 ? a : b;
    }

    private static byte[] earlier(byte[] a, byte[] b) {
        return Arrays.compareUnsigned(a, b) <= 0 ? a : b;
    }

    private static long[] merged(long[] a, long[] b) {
        long[] all = new long[a.length + b.length];
        int n = 0;
        int i = 0;
        int j = 0;
        while (i < a.length || j < b.length) {
            long next = j == b.length || (i < a.length && a[i] >= b[j]) ? a[i++] : b[j++];
            if (n == 0 || all[n - 1] != next) {
                all[n++] = next;
            }
        }
        return Arrays.copyOf(all, n);
    }

    /**
     * The part of these tombstones that lies in a range.
     *
     * @param start first index key, or null
     * @param end first index key beyond, or null
     */
    public RangeTombstones within(byte @Nullable [] start, byte @Nullable [] end) {
        if (start != null && end != null && Arrays.compareUnsigned(start, end) >= 0) {
            return NONE;
        }
        Gathering part = new Gathering(0);
        for (int i = start == null ? 0 : firstEndingBehind(start); i < fragments.length; i++) {
            Fragment fragment = fragments[i];
            if (end != null && Arrays.compareUnsigned(fragment.start, end) >= 0) {
                break;
            }
            part.add(
                    start == null ? fragment.start : later(fragment.start, start),
                    end == null ? fragment.end : earlier(fragment.end, end),
                    fragment.revisions);
        }
        return part.finish();
    }

    /** Says which revisions of a fragment stay. */
    @FunctionalInterface
    public interface Selection {
        /** Some of the fragment's revisions, in their order; none to drop it. */
        long[] of(Fragment fragment);
    }

    /** These tombstones without what the selection drops. */
    public RangeTombstones select(Selection selection) {
        Gathering selected = new Gathering(fragments.length);
        for (Fragment fragment : fragments) {
            long[] revisions = selection.of(fragment);
            if (revisions.length > 0) {
                selected.add(fragment.start, fragment.end, revisions);
            }
        }
        return selected.finish();
    }

    /** True if there is no tombstone. */
    public boolean isEmpty() {
        return fragments.length == 0;
    }

    /** The fragments in order. */
    public List<Fragment> fragments() {
        return List.of(fragments);
    }

    /** How many tombstones there are: for each fragment as many as it has revisions. */
    public int count() {
        return count;
    }

    /**
     * The newest tombstone of a key.
     *
     * @param maxRevision newest tombstone to be looked at
     * @return its revision; 0 if there is none
     */
    public long covering(byte[] indexKey, int length, long maxRevision) {
        int at = firstStartingBehind(indexKey, length) - 1;
        if (at < 0) {
            return 0;
        }
        Fragment fragment = fragments[at];
        return Arrays.compareUnsigned(indexKey, 0, length, fragment.end, 0, fragment.end.length) < 0
                ? newest(fragment, maxRevision)
                : 0;
    }

    private static long newest(Fragment fragment, long maxRevision) {
        for (long revision : fragment.revisions) {
            if (revision <= maxRevision) {
                return revision;
            }
        }
        return 0;
    }

    /** Narrows a stretch around a key to the fragment or gap in which the key lies, and notes its newest tombstone. */
    public void narrow(Stretch stretch, byte[] indexKey, int length, long maxRevision) {
        int behind = firstStartingBehind(indexKey, length);
        byte[] from = null;
        byte[] to = behind < fragments.length ? fragments[behind].start : null;
        if (behind > 0) {
            Fragment fragment = fragments[behind - 1];
            if (Arrays.compareUnsigned(indexKey, 0, length, fragment.end, 0, fragment.end.length) < 0) {
                from = fragment.start;
                to = fragment.end;
                stretch.cover(newest(fragment, maxRevision));
            } else {
                from = fragment.end;
            }
        }
        stretch.narrow(from, to);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Fragment fragment : fragments) {
            text.append('[')
                    .append(HexFormat.of().formatHex(fragment.start))
                    .append(", ")
                    .append(HexFormat.of().formatHex(fragment.end))
                    .append(")@")
                    .append(Arrays.toString(fragment.revisions));
        }
        return text.toString();
    }

    /** The first fragment that ends behind the key. */
    private int firstEndingBehind(byte[] indexKey) {
        int low = 0;
        int high = fragments.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Arrays.compareUnsigned(fragments[middle].end, indexKey) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The first fragment that starts behind the key. */
    private int firstStartingBehind(byte[] indexKey, int length) {
        int low = 0;
        int high = fragments.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            byte[] start = fragments[middle].start;
            if (Arrays.compareUnsigned(start, 0, start.length, indexKey, 0, length) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
