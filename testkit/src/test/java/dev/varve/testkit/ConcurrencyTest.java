package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.Cursor;
import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Mutation;
import dev.varve.storage.Order;
import dev.varve.storage.Snapshot;
import dev.varve.storage.Store;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.io.Environment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Threads that write and read at once. Every write has a revision, so the one order in which all happened is known: a model
 * replays it, and each read must show the model as of its revision, be no older than what had been acknowledged before it
 * began, and no older than what another read had shown before.
 */
@Timeout(120)
class ConcurrencyTest {

    private static final int WRITERS = 4;
    private static final int READERS = 3;
    private static final int WRITES = Integer.getInteger("varve.operations", 300);
    private static final int MOST_READS = 10_000;
    private static final int GROUP = 8;
    private static final List<Durability> DURABILITIES = List.of(Durability.values());

    /** Moves on with each event: a clock without ties. */
    private final AtomicLong time = new AtomicLong();

    private final Map<Long, WriteBatch> writes = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Seen> seen = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Acknowledged> acknowledged = new ConcurrentLinkedQueue<>();

    /** A write, with the times between which it happened. */
    private record Acknowledged(long begin, long end, long revision, WriteBatch batch) {}

    /**
     * A read: the whole store or one key.
     *
     * @param revision as of which it reads, -1 if that is not told
     */
    private record Seen(long begin, long end, long revision, KeyRange range, List<Entry> entries) {}

    @Test
    void allThatThreadsSeeHappenedInOneOrderOnASimulatedDisk() throws Exception {
        Seeds.forEach(ConcurrencyTest.class, "allThatThreadsSeeHappenedInOneOrderOnASimulatedDisk", 2, seed -> {
            SimulatedEnvironment machine = SimulatedEnvironment.create(seed);
            new ConcurrencyTest().run(CheckedStore.DIRECTORY, machine.environment(), seed);
            CheckedStore.checkLeftOvers(machine);
        });
    }

    @Test
    void allThatThreadsSeeHappenedInOneOrderOnARealDisk(@TempDir Path directory) throws Exception {
        run(directory.resolve("store"), Environment.system(), 3);
    }

    private void run(Path directory, Environment environment, long seed) throws Exception {
        try (Store store = Store.open(directory, Scenario.OPTIONS, environment)) {
            try (ExecutorService threads = Executors.newCachedThreadPool();
                    ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<?>> writers = new ArrayList<>();
                for (int i = 0; i < WRITERS; i++) {
                    long id = i;
                    writers.add((i % 2 == 0 ? threads : virtual)
                            .submit(() -> write(store, Seeds.random(seed * 100 + id))));
                }
                List<Future<?>> readers = new ArrayList<>();
                for (int i = 0; i < READERS; i++) {
                    long id = i;
                    readers.add(threads.submit(() -> read(store, Seeds.random(seed * 100 + 50 + id), writers)));
                }
                for (Future<?> future : writers) {
                    future.get();
                }
                for (Future<?> future : readers) {
                    future.get();
                }
            }
            assertThat(store.revision()).isEqualTo(writes.size());
        }
        check();
        try (Store store = Store.open(directory, Scenario.OPTIONS, environment)) {
            seen.clear();
            readAll(store, Order.ASCENDING);
            check();
        }
    }

    /** Keys below {@link #GROUP} are written together, always with one value. */
    private static byte[] key(int i) {
        return new byte[] {'k', (byte) i};
    }

    /** Either one value for the whole group of keys, or some change of a few keys behind the group. */
    private void write(Store store, RandomGenerator random) {
        for (int i = 0; i < WRITES; i++) {
            WriteBatch batch = new WriteBatch();
            byte[] value = new byte[random.nextInt(10) == 0 ? 3_000 : 8 + random.nextInt(300)];
            random.nextBytes(value);
            if (random.nextBoolean()) {
                if (random.nextInt(4) == 0) {
                    batch.deleteRange(KeyRange.closedOpen(key(0), key(GROUP)));
                }
                for (int k = 0; k < GROUP; k++) {
                    batch.put(key(k), value);
                }
            } else if (random.nextInt(8) == 0) {
                int from = GROUP + random.nextInt(30);
                batch.deleteRange(KeyRange.closedOpen(key(from), key(from + random.nextInt(10))));
            } else {
                for (int k = random.nextInt(3); k >= 0; k--) {
                    byte[] key = key(GROUP + random.nextInt(30));
                    batch.add(random.nextInt(4) == 0 ? new Mutation.Delete(key) : new Mutation.Put(key, value));
                }
            }
            long begin = time.incrementAndGet();
            Durability durability = DURABILITIES.get(random.nextInt(DURABILITIES.size()));
            long revision = store.write(batch, durability);
            acknowledged.add(new Acknowledged(begin, time.incrementAndGet(), revision, batch));
            assertThat(writes.put(revision, batch))
                    .as("two writes with revision " + revision)
                    .isNull();
        }
    }

    private void read(Store store, RandomGenerator random, List<Future<?>> writers) {
        for (int i = 0; i < MOST_READS && writers.stream().anyMatch(writer -> !writer.isDone()); i++) {
            switch (random.nextInt(4)) {
                case 0 -> readAll(store, random.nextBoolean() ? Order.ASCENDING : Order.DESCENDING);
                case 1 -> readSnapshot(store, random);
                default -> readKey(store, key(random.nextInt(GROUP + 30)));
            }
        }
    }

    private void readKey(Store store, byte[] key) {
        long begin = time.incrementAndGet();
        Entry entry = store.getEntry(key);
        KeyRange one = KeyRange.closed(key, key);
        seen.add(new Seen(begin, time.incrementAndGet(), -1, one, entry == null ? List.of() : List.of(entry)));
    }

    private void readAll(Store store, Order order) {
        long begin = time.incrementAndGet();
        try (Cursor cursor = store.range(KeyRange.all(), order)) {
            long opened = time.incrementAndGet();
            List<Entry> entries = entries(cursor);
            seen.add(new Seen(
                    begin,
                    opened,
                    cursor.snapshotRevision(),
                    KeyRange.all(),
                    order == Order.ASCENDING ? entries : entries.reversed()));
        }
    }

    private static List<Entry> entries(Cursor cursor) {
        List<Entry> entries = new ArrayList<>();
        while (cursor.next()) {
            entries.add(new Entry(cursor.key(), cursor.value(), cursor.revision()));
            Thread.onSpinWait();
        }
        return entries;
    }

    private void readSnapshot(Store store, RandomGenerator random) {
        long begin = time.incrementAndGet();
        try (Snapshot snapshot = store.snapshot()) {
            long taken = time.incrementAndGet();
            Entry first = snapshot.getEntry(key(0));
            Entry last = snapshot.getEntry(key(GROUP - 1));
            assertThat(first == null ? -1 : first.revision()).isEqualTo(last == null ? -1 : last.revision());
            KeyRange range = KeyRange.atLeast(key(random.nextInt(GROUP)));
            try (Cursor cursor = snapshot.range(range, Order.ASCENDING)) {
                seen.add(new Seen(begin, taken, snapshot.revision(), range, entries(cursor)));
            }
        }
    }

    private void check() {
        for (long revision = 1; revision <= writes.size(); revision++) {
            assertThat(writes.get(revision)).as("revisions are dense").isNotNull();
        }
        checkOrderOfWrites();
        History history = new History();
        List<Seen> reads = seen.stream()
                .sorted((a, b) -> Long.compare(a.revision(), b.revision()))
                .toList();
        ModelStore replay = new ModelStore();
        for (Seen read : reads) {
            if (read.revision() >= 0) {
                while (replay.revision() < read.revision()) {
                    replay.write(batch(replay.revision() + 1));
                }
                assertThat(CheckedStore.texts(read.entries()))
                        .as("as of revision " + read.revision())
                        .isEqualTo(CheckedStore.texts(replay.range(read.range(), Order.ASCENDING)));
                assertThat(read.revision())
                        .isBetween(history.visibleBefore(read.begin()), history.begunBefore(read.end()));
            } else {
                history.checkKey(read);
            }
        }
    }

    private WriteBatch batch(long revision) {
        return Objects.requireNonNull(writes.get(revision));
    }

    /** The order of revisions is one in which a write that ended before another began stands before it. */
    private void checkOrderOfWrites() {
        List<Acknowledged> byRevision = acknowledged.stream()
                .sorted((a, b) -> Long.compare(a.revision(), b.revision()))
                .toList();
        long latestBegin = 0;
        for (Acknowledged write : byRevision) {
            assertThat(write.end()).as("revision " + write.revision()).isGreaterThan(latestBegin);
            latestBegin = Math.max(latestBegin, write.begin());
        }
    }

    /** What must and what may have been visible when. */
    private final class History {

        private final NavigableMap<Long, Long> visible = new TreeMap<>();
        private final NavigableMap<Long, Long> begun = new TreeMap<>();
        private final Map<String, NavigableMap<Long, List<Entry>>> changes = new HashMap<>();

        History() {
            for (Acknowledged write : acknowledged) {
                visible.merge(write.end(), write.revision(), Math::max);
                begun.merge(write.begin(), write.revision(), Math::max);
            }
            for (Seen read : seen) {
                long shown =
                        read.entries().stream().mapToLong(Entry::revision).max().orElse(0);
                visible.merge(read.end(), Math.max(read.revision(), shown), Math::max);
            }
            accumulate(visible);
            accumulate(begun);
            writes.forEach((revision, batch) -> batch.mutations().forEach(mutation -> {
                switch (mutation) {
                    case Mutation.Put(byte[] key, byte[] value) ->
                        change(key, revision, List.of(new Entry(key, value, revision)));
                    case Mutation.Delete(byte[] key) -> change(key, revision, List.of());
                    case Mutation.DeleteRange(KeyRange range) -> {
                        for (int k = 0; k < GROUP + 30; k++) {
                            if (range.contains(key(k))) {
                                change(key(k), revision, List.of());
                            }
                        }
                    }
                }
            }));
        }

        private void change(byte[] key, long revision, List<Entry> state) {
            changes.computeIfAbsent(Arrays.toString(key), k -> new TreeMap<>(Map.of(0L, List.of())))
                    .put(revision, state);
        }

        private static void accumulate(NavigableMap<Long, Long> revisions) {
            long highest = 0;
            for (Map.Entry<Long, Long> event : revisions.entrySet()) {
                highest = Math.max(highest, event.getValue());
                event.setValue(highest);
            }
        }

        /** Acknowledged, or shown by a read, before then. */
        long visibleBefore(long moment) {
            Map.Entry<Long, Long> event = visible.lowerEntry(moment);
            return event == null ? 0 : event.getValue();
        }

        /** The highest revision of the writes that had begun by then. */
        long begunBefore(long moment) {
            Map.Entry<Long, Long> event = begun.lowerEntry(moment);
            return event == null ? 0 : event.getValue();
        }

        /** What was read of one key must have been current between the beginning and the end of the read. */
        void checkKey(Seen read) {
            byte[] key = read.range().start();
            NavigableMap<Long, List<Entry>> states =
                    changes.getOrDefault(Arrays.toString(key), new TreeMap<>(Map.of(0L, List.of())));
            long oldest = visibleBefore(read.begin());
            long newest = begunBefore(read.end());
            List<List<Entry>> candidates = new ArrayList<>(
                    states.subMap(oldest, false, Math.max(oldest, newest), true).values());
            candidates.add(states.floorEntry(oldest).getValue());
            assertThat(candidates.stream().map(CheckedStore::texts))
                    .as("states of the key between revisions " + oldest + " and " + newest)
                    .contains(CheckedStore.texts(read.entries()));
        }
    }
}
