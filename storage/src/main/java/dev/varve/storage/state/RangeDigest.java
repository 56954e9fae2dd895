package dev.varve.storage.state;

import dev.varve.storage.index.BloomFilter;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a range holds, in short: the sum of a hash of key, revision and checksum of each entry, so that digests of neighbouring ranges add up. The
 * checksum is that of the frame in which the value was logged: it is the same on every replica, wherever the value stands now and
 * however it is compressed.
 *
 * @param entries how many entries there are
 * @param sum of their hashes
 * @param lastKey the index key of the last one if there are more behind it, else null
 */
public record RangeDigest(long entries, long sum, byte @Nullable [] lastKey) {

    /**
     * Takes the digest of a range from where a reader stands.
     *
     * @param limit of so many entries at most
     */
    public static RangeDigest of(RangeReader range, int limit) throws IOException {
        long entries = 0;
        long sum = 0;
        for (RangeItem item = range.next(); item != null; item = range.next()) {
            byte[] key = item.indexKey();
            entries++;
            sum += mix(BloomFilter.hash(key, key.length)
                    ^ mix(item.revision() ^ mix(item.entry().checksum())));
            if (entries == limit) {
                return new RangeDigest(entries, sum, key);
            }
        }
        return new RangeDigest(entries, sum, null);
    }

    /** Spreads every bit over all (the finalizer of splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014). */
    private static long mix(long bits) {
        long mixed = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }
}
