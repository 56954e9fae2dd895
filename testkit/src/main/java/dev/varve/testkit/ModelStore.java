package dev.varve.testkit;

import dev.varve.storage.Entry;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Mutation;
import dev.varve.storage.Order;
import dev.varve.storage.WriteBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The store as it should be: a map sorted by unsigned bytes, and the list of all writes that led to it, so that it can be
 * asked how it was at any revision and be taken back to one. Not thread-safe.
 */
public final class ModelStore {

    private final List<List<Mutation>> writes = new ArrayList<>();
    private NavigableMap<byte[], Entry> entries = empty();

    /** A model of its own that goes on from here. */
    public ModelStore copy() {
        ModelStore copy = new ModelStore();
        copy.writes.addAll(writes);
        copy.entries = copy(entries);
        return copy;
    }

    /** Writes a batch and gives its revision: the first is 1. */
    public long write(WriteBatch batch) {
        List<Mutation> mutations = List.copyOf(batch.mutations());
        writes.add(mutations);
        apply(entries, mutations, writes.size());
        return writes.size();
    }

    /** The revision of the last write, 0 if there is none. */
    public long revision() {
        return writes.size();
    }

    /** Forgets the writes above a revision. */
    public void truncate(long revision) {
        writes.subList(Math.toIntExact(revision), writes.size()).clear();
        entries = replay(revision);
    }

    /** The entry of a key, or null. */
    public @Nullable Entry get(byte[] key) {
        return entries.get(key);
    }

    /** The entries of a range. */
    public List<Entry> range(KeyRange range, Order order) {
        return range(entries, range, order);
    }

    /** How the store is now; later writes do not change it. */
    public View snapshot() {
        return new View(revision(), copy(entries));
    }

    /** How the store was at a revision. */
    public View at(long revision) {
        return new View(revision, replay(revision));
    }

    /** The store as of one revision. */
    public static final class View {

        private final long revision;
        private final NavigableMap<byte[], Entry> entries;

        View(long revision, NavigableMap<byte[], Entry> entries) {
            this.revision = revision;
            this.entries = entries;
        }

        /** Which revision. */
        public long revision() {
            return revision;
        }

        /** The entry of a key, or null. */
        public @Nullable Entry get(byte[] key) {
            return entries.get(key);
        }

        /** The entries of a range. */
        public List<Entry> range(KeyRange range, Order order) {
            return ModelStore.range(entries, range, order);
        }
    }

    private NavigableMap<byte[], Entry> replay(long revision) {
        NavigableMap<byte[], Entry> replayed = empty();
        for (int i = 0; i < revision; i++) {
            apply(replayed, writes.get(i), i + 1L);
        }
        return replayed;
    }

    private static void apply(NavigableMap<byte[], Entry> entries, List<Mutation> mutations, long revision) {
        for (Mutation mutation : mutations) {
            switch (mutation) {
                case Mutation.Put(byte[] key, byte[] value) -> entries.put(key, new Entry(key, value, revision));
                case Mutation.Delete(byte[] key) -> entries.remove(key);
                case Mutation.DeleteRange(KeyRange range) ->
                    part(entries, range).clear();
            }
        }
    }

    private static List<Entry> range(NavigableMap<byte[], Entry> entries, KeyRange range, Order order) {
        NavigableMap<byte[], Entry> part = part(entries, range);
        return List.copyOf((order == Order.ASCENDING ? part : part.descendingMap()).values());
    }

    private static NavigableMap<byte[], Entry> part(NavigableMap<byte[], Entry> entries, KeyRange range) {
        if (range.isEmpty()) {
            return empty();
        }
        byte[] start = range.start();
        byte[] end = range.end();
        NavigableMap<byte[], Entry> part = start == null ? entries : entries.tailMap(start, true);
        return end == null ? part : part.headMap(end, false);
    }

    private static NavigableMap<byte[], Entry> empty() {
        return new TreeMap<>(Arrays::compareUnsigned);
    }

    private static NavigableMap<byte[], Entry> copy(NavigableMap<byte[], Entry> entries) {
        NavigableMap<byte[], Entry> copy = empty();
        copy.putAll(entries);
        return copy;
    }
}
