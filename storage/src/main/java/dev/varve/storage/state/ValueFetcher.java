package dev.varve.storage.state;

import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.io.ReadThreads;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.Reach;
import dev.varve.storage.log.Segment;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Fetches the values of many entries. Those that are mapped are copied one after another; the others are sorted by their places and neighbours
 * are read together. Of those runs the system is asked first for what it has in memory, by which it begins to read the others, and these are then
 * waited for at the same time ({@link ReadThreads}). Thread-safe.
 */
final class ValueFetcher implements RangeReader.Values, Closeable {

    /** Bytes between two values that are rather read than begun anew behind. */
    private static final int GAP_BYTES = 16 << 10;

    private static final int RUN_BYTES = 256 << 10;

    private final ValueReader values;
    private final ReadThreads threads = new ReadThreads();

    ValueFetcher(ValueReader values) {
        this.values = values;
    }

    /**
     * Gives every item its value, or the reason why it has none. The caller holds a version in which the entries are.
     *
     * @return false if some of them are not mapped
     * @throws dev.varve.storage.format.CorruptionException if an entry points to a segment that is missing
     */
    @Override
    public boolean fetch(List<RangeItem> items) throws IOException {
        List<RangeItem> cold = new ArrayList<>();
        for (RangeItem item : items) {
            if (!item.isFetched() && !tryRead(item)) {
                cold.add(item);
            }
        }
        List<Runnable> tasks = new ArrayList<>();
        for (Run run : runs(cold)) {
            if (!tryRead(run)) {
                tasks.add(() -> read(run));
            }
        }
        if (!tasks.isEmpty()) {
            threads.run(tasks);
        }
        return cold.isEmpty();
    }

    private boolean tryRead(RangeItem item) {
        try {
            byte[] value = values.read(item.key(), item.entry(), Reach.MAPPING);
            if (value == null) {
                return false;
            }
            item.found(value);
        } catch (IOException e) {
            item.failed(e);
        }
        return true;
    }

    /** Values of one segment that are read together. */
    private record Run(Segment segment, int from, int to, List<RangeItem> items) {}

    private List<Run> runs(List<RangeItem> cold) throws IOException {
        cold.sort(Comparator.comparingLong(item -> item.entry().position()));
        List<Run> runs = new ArrayList<>();
        Run last = null;
        for (RangeItem item : cold) {
            IndexEntry entry = item.entry();
            Segment segment = values.segment(entry);
            int from = LogPosition.offset(entry.position());
            int to = (int) (from + entry.frameBytes(item.key().length));
            if (last != null
                    && last.segment.equals(segment)
                    && from - last.to <= GAP_BYTES
                    && to - last.from <= RUN_BYTES) {
                last.items.add(item);
                last = new Run(segment, last.from, Math.max(last.to, to), last.items);
                runs.set(runs.size() - 1, last);
            } else {
                last = new Run(segment, from, to, new ArrayList<>(List.of(item)));
                runs.add(last);
            }
        }
        return runs;
    }

    /** Reads a run that is in memory; false if it is not, or something is wrong, which {@link #read} tells. */
    private boolean tryRead(Run run) {
        try {
            byte[] bytes = run.segment.readResidentBytes(run.from, run.to - run.from);
            if (bytes == null) {
                return false;
            }
            run.items.forEach(item -> readIn(bytes, run.from, item));
            return true;
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    private void read(Run run) {
        try {
            byte[] bytes = run.segment.readBytes(run.from, run.to - run.from);
            run.items.forEach(item -> readIn(bytes, run.from, item));
        } catch (IOException e) {
            run.items.forEach(item -> item.failed(e));
        } catch (RuntimeException | Error e) {
            IOException reason = new IOException(e); // Whoever waits for the values has to learn of it.
            run.items.forEach(item -> item.failed(reason));
        }
    }

    private void readIn(byte[] bytes, int from, RangeItem item) {
        try {
            int at = LogPosition.offset(item.entry().position()) - from;
            item.found(values.readIn(bytes, at, item.key(), item.entry()));
        } catch (IOException e) {
            item.failed(e);
        }
    }

    /** Begins no more threads. */
    @Override
    public void close() {
        threads.close();
    }
}
