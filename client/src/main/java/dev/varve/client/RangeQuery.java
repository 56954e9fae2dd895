package dev.varve.client;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which entries to read, in ascending order of their keys' bytes.
 *
 * @param start the first key, inclusive
 * @param end the last key, inclusive; before {@code start} there is nothing
 * @param after only keys behind this one; null for no such bound
 * @param limit at most so many entries; 0 for all
 */
public record RangeQuery(byte[] start, byte[] end, byte @Nullable [] after, long limit) {

    /**
     * So many bytes of 0xFF stand for "the end of all keys", because the server wants both bounds: keys that begin with so
     * many bytes of 0xFF and go on are beyond it.
     */
    public static final int END_BYTES = 1024;

    public RangeQuery {
        if (start.length == 0 || end.length == 0) {
            throw new IllegalArgumentException("a bound of a range has at least one byte");
        }
        if (limit < 0) {
            throw new IllegalArgumentException("the limit is " + limit + ", but must be 0 (for none) or more");
        }
    }

    /** All entries from {@code start} to {@code end}, both inclusive. */
    public static RangeQuery between(byte[] start, byte[] end) {
        return new RangeQuery(start, end, null, 0);
    }

    /** All entries whose keys begin with these bytes; all entries for an empty prefix. */
    public static RangeQuery prefix(byte[] prefix) {
        return new RangeQuery(prefix.length == 0 ? first() : prefix, endOf(prefix), null, 0);
    }

    /** The smallest key there is. */
    public static byte[] first() {
        return new byte[] {0};
    }

    /** The last key that begins with the prefix, up to {@link #END_BYTES}. */
    public static byte[] endOf(byte[] prefix) {
        byte[] end = Arrays.copyOf(prefix, prefix.length + END_BYTES);
        Arrays.fill(end, prefix.length, end.length, (byte) 0xFF);
        return end;
    }

    /** The same range, but only what is behind this key. */
    public RangeQuery withAfter(byte @Nullable [] key) {
        return new RangeQuery(start, end, key, limit);
    }

    /** The same range, but at most so many entries; 0 for all. */
    public RangeQuery withLimit(long entries) {
        return new RangeQuery(start, end, after, entries);
    }

    String query() {
        StringBuilder query = new StringBuilder("start=")
                .append(PercentEncoding.encode(start))
                .append("&end=")
                .append(PercentEncoding.encode(end));
        if (after != null) {
            query.append("&after=").append(PercentEncoding.encode(after));
        }
        if (limit > 0) {
            query.append("&limit=").append(limit);
        }
        return query.toString();
    }
}
