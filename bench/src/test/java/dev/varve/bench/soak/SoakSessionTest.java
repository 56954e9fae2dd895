package dev.varve.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.bench.harness.Records;
import dev.varve.storage.Durability;
import dev.varve.storage.Order;
import dev.varve.storage.Store;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.WriteBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.HdrHistogram.Recorder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SoakSessionTest {

    private static final int BLOCKS = 20;
    private static final int KEYS = BLOCKS * Blocks.KEYS;

    @TempDir
    private Path directory;

    private final Records records = SoakProcess.records(KEYS);
    private final List<String> errors = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(1);
    private Model model;

    @BeforeEach
    void open() throws IOException {
        model = Model.open(directory.resolve("model"), records, KEYS);
    }

    @AfterEach
    void close() {
        model.close();
    }

    /** Writes through a soak's writer, and then does something else to the store. */
    private void write(Consumer<Store> afterwards) {
        try (Store store = Store.open(directory.resolve("store"), StoreOptions.defaults())) {
            Writer writer = new Writer(store, records, model, random);
            for (int i = 0; i < 1000; i++) {
                writer.write(random.nextLong(BLOCKS));
            }
            afterwards.accept(store);
        }
    }

    private void reopen() {
        new SoakSession(directory.resolve("store"), records, model, errors::add, random).close();
    }

    private long present(int from) {
        for (long rank = from; rank < KEYS; rank++) {
            if (Model.isPresent(model.acknowledged(rank))) {
                return rank;
            }
        }
        throw new AssertionError("nothing is there");
    }

    @Test
    void aStoreThatKeepsWhatItWasGivenPasses() {
        write(store -> {});
        reopen();
        assertThat(errors).isEmpty();
    }

    @Test
    void aLostWriteIsSeen() {
        write(store -> store.delete(records.key(present(0))));
        reopen();
        assertThat(errors).anySatisfy(error -> assertThat(error).contains("is missing"));
    }

    @Test
    void aTornBatchIsSeen() {
        write(store -> {
            Writer writer = new Writer(store, records, model, random);
            writer.settle(0);
            // The last key of the group stays behind, in the model too: only that it does not fit to the others is
            // wrong.
            model.begin(3, Model.version(model.begun(3)) + 1, true);
            store.put(records.key(3), records.value(3, Model.version(model.begun(3))));
            model.acknowledge(3);
        });
        reopen();
        assertThat(errors).singleElement().asString().startsWith("the batch of key 0 is torn");
    }

    @Test
    void aKeyThatNobodyWroteIsSeen() {
        write(store -> store.put(records.absentKey(70), new byte[] {1}));
        reopen();
        assertThat(errors).anySatisfy(error -> assertThat(error).startsWith("a range gives a key near 70"));
    }

    @Test
    void whatWasUnderWayWhenAProcessWasKilledIsSettled() {
        write(store -> {
            model.begin(100, model.nextVersion(100, 1), false);
            model.begin(1, model.nextVersion(0, Blocks.GROUP_KEYS), true);
        });
        reopen();
        assertThat(errors).isEmpty();
        assertThat(model.begun(100)).isEqualTo(model.acknowledged(100));
        assertThat(model.begun(1)).isEqualTo(model.acknowledged(1));
        reopen();
        assertThat(errors).isEmpty();
    }

    @Test
    void clientsWriteAndReadBesideOneAnotherWithoutFindingAnythingWrong() {
        Recorder reads = new Recorder(3);
        Recorder writes = new Recorder(3);
        try (SoakSession session = new SoakSession(directory.resolve("store"), records, model, errors::add, random)) {
            session.start(20_000, reads, writes, random);
            long done = 0;
            while (done < 5000) {
                done += writes.getIntervalHistogram().getTotalCount();
                Thread.onSpinWait();
            }
            assertThat(session.delays())
                    .containsOnlyKeys(
                            SoakFigures.FLUSH_DELAY_MILLIS,
                            SoakFigures.MERGE_DELAY_MILLIS,
                            SoakFigures.SPACE_DELAY_MILLIS)
                    .allSatisfy((name, millis) -> assertThat(millis).isNotNegative());
            session.finish();
        }
        assertThat(errors).isEmpty();
        assertThat(reads.getIntervalHistogram().getTotalCount()).isPositive();
        assertThat(model.liveBytes()).isPositive();
    }

    @Test
    void aRangeReadsAgainstTheOrderToo() {
        write(store -> {
            Checker checker = new Checker(store, records, model, errors::add);
            checker.range(BLOCKS - 1, Order.DESCENDING);
            assertThat(errors).isEmpty();
            store.write(new WriteBatch().delete(records.key(present(KEYS - Blocks.KEYS))), Durability.ACCEPTED);
            checker.range(BLOCKS - 1, Order.DESCENDING);
        });
        assertThat(errors).isNotEmpty();
    }
}
