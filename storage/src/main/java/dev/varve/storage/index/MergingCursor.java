package dev.varve.storage.index;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks several cursors as one, in one direction: a binary heap of those that have an entry. Of entries with the same key and
 * revision the one of the earlier source comes first when ascending, and last when descending.
 *
 * <p>Not thread-safe. After {@link #seek} only {@link #next} may be called, after {@link #seekBefore} only {@link #previous}.
 */
public final class MergingCursor implements IndexCursor {

    private final IndexCursor[] sources;
    private final int[] heap;

    /** The first eight bytes of each source's key, which mostly decide which comes first: see {@link IndexKey#head}. */
    private final long[] heads;

    private int size;
    private boolean ascending = true;

    /** The source whose entry is shown; any if there is none. */
    private IndexCursor top;

    /** @param sources newest first; at least one */
    public MergingCursor(List<IndexCursor> sources) {
        this.sources = sources.toArray(IndexCursor[]::new);
        this.heap = new int[this.sources.length];
        this.heads = new long[this.sources.length];
        this.top = this.sources[0];
    }

    @Override
    public boolean seek(byte @Nullable [] indexKey) throws IOException {
        ascending = true;
        size = 0;
        for (int i = 0; i < sources.length; i++) {
            if (sources[i].seek(indexKey)) {
                push(i);
            }
        }
        top = sources[heap[0]];
        return size > 0;
    }

    @Override
    public boolean seekBefore(byte @Nullable [] indexKey) throws IOException {
        ascending = false;
        size = 0;
        for (int i = 0; i < sources.length; i++) {
            if (sources[i].seekBefore(indexKey)) {
                push(i);
            }
        }
        top = sources[heap[0]];
        return size > 0;
    }

    @Override
    public boolean next() throws IOException {
        return advance(top.next());
    }

    @Override
    public boolean previous() throws IOException {
        return advance(top.previous());
    }

    private boolean advance(boolean topHasMore) {
        if (!topHasMore) {
            heap[0] = heap[--size];
        } else {
            noteHead(heap[0]);
        }
        sink();
        top = sources[heap[0]];
        return size > 0;
    }

    private void noteHead(int source) {
        IndexCursor cursor = sources[source];
        heads[source] = IndexKey.head(cursor.keyBytes(), cursor.keyLength());
    }

    private void push(int source) {
        noteHead(source);
        int i = size++;
        while (i > 0 && before(source, heap[(i - 1) / 2])) {
            heap[i] = heap[(i - 1) / 2];
            i = (i - 1) / 2;
        }
        heap[i] = source;
    }

    private void sink() {
        int i = 0;
        int moving = heap[0];
        while (2 * i + 1 < size) {
            int child = 2 * i + 1;
            if (child + 1 < size && before(heap[child + 1], heap[child])) {
                child++;
            }
            if (!before(heap[child], moving)) {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = moving;
    }

    /** True if source a's entry comes before source b's in the direction of the walk. */
    private boolean before(int a, int b) {
        if (heads[a] != heads[b]) {
            return ascending == Long.compareUnsigned(heads[a], heads[b]) < 0;
        }
        IndexCursor left = sources[a];
        IndexCursor right = sources[b];
        int order =
                Arrays.compareUnsigned(left.keyBytes(), 0, left.keyLength(), right.keyBytes(), 0, right.keyLength());
        if (order == 0) {
            order = Long.compare(right.revision(), left.revision());
        }
        if (order == 0) {
            order = Integer.compare(a, b);
        }
        return ascending ? order < 0 : order > 0;
    }

    /** Which of its sources, counted from 0, has the entry that it shows. */
    public int source() {
        return heap[0];
    }

    @Override
    public byte[] keyBytes() {
        return top.keyBytes();
    }

    @Override
    public int keyLength() {
        return top.keyLength();
    }

    @Override
    public long revision() {
        return top.revision();
    }

    @Override
    public IndexEntry entry() throws IOException {
        return top.entry();
    }
}
