package dev.varve.storage.state;

import dev.varve.storage.compaction.Compaction;
import dev.varve.storage.compaction.Merged;
import dev.varve.storage.index.BloomFilter;
import dev.varve.storage.index.Memtable;
import dev.varve.storage.index.TableInfo;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What part of each table's entries took the place of an older one. That is asked of a sample of the keys when a memtable is flushed, so that
 * it is known as soon as something is dead, and from then on reckoned with each merge. {@link #shareOf} is thread-safe, the rest is not.
 */
final class Overwriting {

    /** Of so many keys the standard deviation of a share is 3 % at most. */
    private static final int SAMPLE_KEYS = 256;

    /** By the id of the table. */
    private final Map<Long, Double> shares = new HashMap<>();

    /** Of the newest flush: stands for tables of an earlier process, since what is written now is mostly of the kind of what was. */
    private double newest;

    /** What part of a memtable's keys the tables have; those that cannot be told, because a table cannot be read, do not count. */
    static double shareOf(Memtable memtable, Levels tables) {
        int known = 0;
        int held = 0;
        List<byte[]> keys = memtable.sample(SAMPLE_KEYS);
        for (byte[] key : keys) {
            try {
                held += tables.mayHold(key, BloomFilter.hash(key, key.length)) ? 1 : 0;
                known++;
            } catch (IOException e) {
                // Who needs the table meets the failure, and tells it.
            }
        }
        return (double) held / Math.max(1, known);
    }

    /** A memtable has become a table. */
    void flushed(TableInfo table, double share) {
        shares.put(table.id(), share);
        newest = share;
    }

    /** Tables have been merged or written anew. What took the place of something that has gone by that takes no place any more. */
    void merged(Compaction merge, Merged result) {
        double before = merge.inputs().mapToDouble(this::taken).sum();
        long came = merge.inputs().mapToLong(TableInfo::entries).sum();
        long left = result.tables().stream().mapToLong(TableInfo::entries).sum();
        double share = merge.isRewriting() // What has gone was hidden by tables above.
                ? before / Math.max(1, came)
                : Math.clamp((before - (came - left)) / Math.max(1, left), 0, 1);
        merge.inputs().forEach(table -> shares.remove(table.id()));
        result.tables().forEach(table -> shares.put(table.id(), share));
    }

    private double taken(TableInfo table) {
        return share(table) * table.entries();
    }

    /** What part of a table's entries takes the place of something in another table, 0 to 1. */
    double share(TableInfo table) {
        return shares.getOrDefault(table.id(), newest);
    }
}
