package dev.varve.storage.log;

import dev.varve.storage.format.FileKind;
import dev.varve.storage.io.StoreFile;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The segments of a store, those of the log and value segments, by their number and by their id. Thread-safe; looking one up takes no lock.
 */
public final class SegmentSet implements Closeable {

    /** Copied when it grows, so that readers need no lock. */
    private volatile @Nullable Segment[] byNumber = new Segment[16];

    private final Map<Long, Segment> byId = new ConcurrentHashMap<>();
    private volatile int size;

    Segment add(SegmentAllocator.Fresh fresh) {
        return add(FileKind.LOG, fresh.id(), fresh.file(), fresh.capacity());
    }

    /** Adds a value segment. */
    Segment addValues(long id, StoreFile file) {
        return add(FileKind.VALUES, id, file, Integer.MAX_VALUE);
    }

    private synchronized Segment add(FileKind kind, long id, StoreFile file, int capacity) {
        Segment segment = new Segment(kind, size, id, file, capacity);
        @Nullable Segment[] array = byNumber;
        if (size == array.length) {
            array = Arrays.copyOf(array, 2 * size);
        }
        array[size] = segment;
        byNumber = array;
        byId.put(segment.id(), segment);
        size++;
        return segment;
    }

    /** The segment with this number, as in a {@link LogPosition}. */
    public Segment get(int number) {
        Segment segment = byNumber[number];
        if (segment == null) {
            throw new IllegalStateException("segment number " + number + " has been removed");
        }
        return segment;
    }

    /** The segment with this number, or null if there is none. */
    public @Nullable Segment find(int number) {
        @Nullable Segment[] array = byNumber;
        return number >= 0 && number < array.length ? array[number] : null;
    }

    /** The segment with this id, or null if there is none. */
    public @Nullable Segment find(long id) {
        return byId.get(id);
    }

    /** All segments, in the order of their numbers. */
    public synchronized List<Segment> all() {
        List<Segment> all = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            Segment segment = byNumber[i];
            if (segment != null) {
                all.add(segment);
            }
        }
        return all;
    }

    /** The segments of the log, in its order. */
    public List<Segment> ofLog() {
        return all().stream().filter(Segment::isLog).toList();
    }

    /** Forgets a segment; it is not closed. */
    synchronized void remove(Segment segment) {
        @Nullable Segment[] array = byNumber.clone();
        array[segment.number()] = null;
        byNumber = array;
        byId.remove(segment.id());
    }

    /** Closes all of them, whichever fails; throws the first failure, with the others. */
    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (Segment segment : all()) {
            try {
                segment.close();
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
