package dev.varve.replication.sequencer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.replication.sequencer.SequencerModel.Issued;
import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.Lookup;
import dev.varve.storage.Mutation;
import dev.varve.storage.PreparedWrite;
import dev.varve.storage.StoreException;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.WriteCallback;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Real threads: what the stepped model cannot show, above all that nothing is left lying when threads pass the lock on. */
final class WriteSequencerStressTest {

    private static final int THREADS = 4;
    private static final int COMMANDS = 20_000;
    private static final int KEYS = 8;
    private static final int IN_FLIGHT = 40;
    private final StoreException full = new StoreException(StoreException.Kind.DISK_FULL, "no space");

    /** Commits whatever has gathered, as a group, on a thread of its own; now and then fails a group and all behind it. */
    private final class ThreadedLog implements StateReader, Proposer, AutoCloseable {
        private record Accepted(WriteBatch batch, WriteCallback callback) {}

        private final ConcurrentSkipListMap<byte[], Entry> state = new ConcurrentSkipListMap<>(Arrays::compareUnsigned);
        private final ReentrantLock lock = new ReentrantLock();
        private List<Accepted> accepted = new ArrayList<>();
        private boolean failing;
        private boolean closed;
        private volatile long revision;
        private final Random random = new Random(1);
        private final Thread thread = Thread.ofPlatform().start(this::commit);

        @Override
        public PreparedWrite prepare(
                WriteBatch batch, @Nullable RequestNote note, Durability durability, WriteCallback callback) {
            return () -> submit(batch, callback);
        }

        @Override
        public Lookup lookupNote(byte[] key) {
            return Lookup.ABSENT;
        }

        @Override
        public @Nullable Entry note(byte[] key) {
            return null;
        }

        @Override
        public long countNotes(byte[] from, byte[] to) {
            return 0;
        }

        @Override
        public long timeMicros() {
            return 0;
        }

        private void submit(WriteBatch batch, WriteCallback callback) {
            lock.lock();
            try {
                if (!failing) {
                    accepted.add(new Accepted(batch, callback));
                    return;
                }
            } finally {
                lock.unlock();
            }
            callback.completed(-1, full);
        }

        private void commit() {
            boolean more = true;
            while (more) {
                List<Accepted> group;
                boolean fails;
                lock.lock();
                try {
                    group = accepted;
                    accepted = new ArrayList<>();
                    fails = !group.isEmpty() && random.nextInt(200) == 0;
                    failing = fails;
                    more = !closed || !group.isEmpty();
                } finally {
                    lock.unlock();
                }
                if (fails) {
                    group.forEach(write -> write.callback.completed(-1, full));
                    endFailure();
                } else {
                    group.forEach(this::commit);
                }
                Thread.onSpinWait();
            }
        }

        private void endFailure() {
            lock.lock();
            try {
                failing = false;
            } finally {
                lock.unlock();
            }
        }

        private void commit(Accepted write) {
            long next = revision + 1;
            for (Mutation mutation : write.batch.mutations()) {
                switch (mutation) {
                    case Mutation.Put put -> state.put(put.key(), new Entry(put.key(), put.value(), next));
                    case Mutation.Delete delete -> state.remove(delete.key());
                    case Mutation.DeleteRange delete -> state.keySet().removeIf(delete.range()::contains);
                }
            }
            revision = next;
            write.callback.completed(next, null);
        }

        @Override
        public OptionalLong lookupRevision(byte[] key) {
            return key[0] % 2 == 0 ? OptionalLong.empty() : OptionalLong.of(revision(key));
        }

        @Override
        public long revision(byte[] key) {
            Entry entry = state.get(key);
            return entry == null ? 0 : entry.revision();
        }

        @Override
        public Lookup lookup(byte[] key) {
            if (key[0] % 2 == 0) {
                return Lookup.COLD;
            }
            Entry entry = state.get(key);
            return entry == null ? Lookup.ABSENT : Lookup.found(entry);
        }

        @Override
        public @Nullable Entry entry(byte[] key) {
            return state.get(key);
        }

        @Override
        public void close() {
            lock.lock();
            try {
                closed = true;
            } finally {
                lock.unlock();
            }
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Each thread has keys of its own, so that its commands have one order of arrival, beside a key that all share. */
    @Test
    void everyThreadGetsTheAnswersOfASequentialExecution() throws Exception {
        List<List<Issued>> histories = new ArrayList<>();
        CountDownLatch answers = new CountDownLatch(THREADS * COMMANDS);
        ThreadedLog log = new ThreadedLog();
        try (log;
                ExecutorService coldReads = Executors.newFixedThreadPool(2);
                ExecutorService clients = Executors.newFixedThreadPool(THREADS)) {
            WriteSequencer sequencer = new WriteSequencer(
                    log, log, coldReads, new SequencerLimits(THREADS * IN_FLIGHT, Long.MAX_VALUE, 1));
            for (int thread = 0; thread < THREADS; thread++) {
                List<Issued> history = new ArrayList<>();
                histories.add(history);
                int client = thread;
                clients.execute(() -> issue(client, sequencer, history, log, answers));
            }
            assertThat(answers.await(240, TimeUnit.SECONDS))
                    .as("%s commands have no answer: %s", answers.getCount(), sequencer.stats())
                    .isTrue();
            SequencerStats stats = sequencer.stats();
            assertThat(stats).isEqualTo(new SequencerStats(0, 0, 0, 0, stats.coldReads()));
            assertThat(stats.coldReads()).isPositive();
        }
        for (List<Issued> history : histories) {
            new SequencerModel().check(history);
        }
        assertThat(histories.stream().flatMap(List::stream).filter(i -> i.answer.committed > 0))
                .as("commits")
                .hasSizeGreaterThan(COMMANDS / 10);
    }

    private static void issue(
            int client, WriteSequencer sequencer, List<Issued> history, ThreadedLog log, CountDownLatch answers) {
        Random random = new Random(client);
        Semaphore inFlight = new Semaphore(IN_FLIGHT);
        for (int i = 0; i < COMMANDS; i++) {
            inFlight.acquireUninterruptibly();
            Issued issued = new Issued(command(random, client));
            issued.answer.then = () -> {
                issued.visibleAtAnswer = log.revision;
                inFlight.release();
                answers.countDown();
            };
            history.add(issued);
            sequencer.submit(issued.command, Durability.MAJORITY, issued.answer);
        }
    }

    private static Command command(Random random, int client) {
        byte[] key = {(byte) random.nextInt(KEYS), (byte) client};
        byte[] other = {(byte) random.nextInt(KEYS), (byte) client};
        byte[] value = {1};
        return switch (random.nextInt(7)) {
            case 0 -> Command.put(key, value);
            case 1 -> Command.put(new byte[] {1, (byte) 0xff}, value);
            case 2 -> Command.delete(key);
            case 3 -> Command.putIfAbsent(key, value);
            case 4 -> Command.deleteExisting(key);
            case 5 -> Command.putIfRevision(key, value, 1 + random.nextInt(1000));
            default ->
                Command.writeIf(
                        List.of(new Condition.Exists(key), new Condition.Absent(other)),
                        new WriteBatch().put(other, value).delete(key));
        };
    }
}
