package dev.varve.replication.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.PeerId;
import dev.varve.testkit.CallKind;
import dev.varve.testkit.FaultPlan;
import dev.varve.testkit.SimulatedFileSystem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What JRaft asks of a {@code LogStorage}; everything is asked again after reopening. */
@Timeout(60)
class VarveLogStorageTest {

    private final Random random = new Random(3);
    private LogFiles files;
    private LogFiles.Open open;
    private LogModel model = LogModel.EMPTY;

    @BeforeEach
    void open() throws IOException {
        files = new LogFiles(new SimulatedFileSystem());
        open = files.open();
    }

    @AfterEach
    void close() throws IOException {
        open.close();
        assertThat(files.files.openFiles()).isEmpty();
    }

    @Test
    void aNewLogBeginsAtOne() throws IOException {
        assertThat(open.storage().getFirstLogIndex()).isEqualTo(1);
        assertThat(open.storage().getLastLogIndex()).isZero();
        assertThat(open.storage().getEntry(1)).isNull();
        assertSameAfterReopening();
    }

    @Test
    void oneEntryIsReadAsItWasAppended() throws IOException {
        LogEntry entry = LogModel.data(1, 4, "key", new byte[] {1, 2, 3});

        assertThat(open.storage().appendEntry(entry)).isTrue();

        model = model.append(List.of(entry));
        assertSameAfterReopening();
    }

    @Test
    void batchesOverManySegmentsAreReadByIndex() throws IOException {
        for (int i = 0; i < 50; i++) {
            append(model.someEntries(random, 1, 1 + random.nextInt(20)));
        }
        assertThat(files.segments).hasSizeGreaterThan(5);
        assertSameAfterReopening();
    }

    @Test
    void whereEntriesStandIsKnownWithoutReadingThemBack() throws IOException {
        open.close();
        files.recentBytes = 1 << 20;
        open = files.open();
        files.reads.set(0);

        for (int i = 0; i < 30; i++) {
            append(model.someEntries(random, 1, 1 + random.nextInt(20)));
        }
        assertThat(files.segments).hasSizeGreaterThan(3);
        List<Long> known = new ArrayList<>();
        for (long index = 1; index <= open.log().lastIndex(); index++) {
            known.add(open.storage().position(index));
        }
        assertThat(files.reads).hasValue(0);

        for (long index = 1; index <= open.log().lastIndex(); index++) {
            assertThat(known.get((int) index - 1))
                    .as("entry %s", index)
                    .isEqualTo(open.log().position(index));
        }
    }

    @Test
    @SuppressWarnings("deprecation")
    void termsAreThoseOfTheEntries() throws IOException {
        append(List.of(LogModel.data(1, 1, "a", new byte[1]), LogModel.data(2, 1, "b", new byte[1])));
        append(List.of(LogModel.data(3, 5, "c", new byte[1])));

        assertThat(List.of(
                        open.storage().getTerm(1),
                        open.storage().getTerm(2),
                        open.storage().getTerm(3),
                        open.storage().getTerm(4)))
                .containsExactly(1L, 1L, 5L, 0L);
        assertSameAfterReopening();
    }

    @Test
    void configurationsAreKnownAfterReopening() throws IOException {
        append(List.of(LogModel.configuration(1, 1, false)));
        append(List.of(LogModel.data(2, 1, "a", new byte[1]), LogModel.configuration(3, 2, true)));

        assertSameAfterReopening();

        assertThat(open.configurations().get(2).getConf())
                .isEqualTo(new Configuration(
                        List.of(new PeerId("a", 0), new PeerId("b", 0), new PeerId("c", 0)),
                        List.of(new PeerId("d", 0))));
        assertThat(open.configurations().get(2).getOldConf().isEmpty()).isTrue();
        assertThat(open.configurations().getLastConfiguration().getId().getIndex())
                .isEqualTo(3);
        assertThat(open.configurations().getLastConfiguration().getOldConf())
                .isEqualTo(new Configuration(List.of(new PeerId("a", 0))));
    }

    @Test
    void whatRaftWantsToKnowOfAWholeLogIsReadWhileItIsOpenedAndNotOnceMore() throws IOException {
        for (int i = 1; i <= 200; i++) {
            append(List.of(LogModel.data(i, 1 + i / 50, "key " + i, new byte[100])));
        }
        open.close();
        files.reads.set(0);
        files.readsOfLog = 0;
        open = files.open();

        assertThat(files.readsOfLog).isPositive();
        assertThat(files.reads.get()).isEqualTo(files.readsOfLog);
        assertSameAfterReopening();
    }

    @Test
    void aTruncatedEndIsGoneAndItsIndexesAreUsedAgainUnderAnotherTerm() throws IOException {
        append(model.someEntries(random, 1, 30));
        truncateSuffix(12);
        assertSameAfterReopening();

        append(List.of(LogModel.data(13, 9, "new", new byte[10])));

        assertSameAfterReopening();
        assertThat(entry(13).getId().getTerm()).isEqualTo(9);
    }

    @Test
    void aWholeLogMayBeTruncatedFromItsEnd() throws IOException {
        append(model.someEntries(random, 1, 5));
        truncateSuffix(0);
        assertSameAfterReopening();

        append(model.someEntries(random, 3, 5));
        assertSameAfterReopening();
    }

    @Test
    void aTruncatedConfigurationIsForgotten() throws IOException {
        append(List.of(LogModel.configuration(1, 1, false), LogModel.configuration(2, 1, true)));
        truncateSuffix(1);

        assertSameAfterReopening();

        assertThat(open.configurations().getLastConfiguration().getId().getIndex())
                .isEqualTo(1);
    }

    @Test
    void aTruncatedBeginIsNoLongerRead() throws IOException {
        append(model.someEntries(random, 1, 100));
        truncatePrefix(40);
        assertSameAfterReopening();
        truncatePrefix(101);
        assertSameAfterReopening();
        append(model.someEntries(random, 1, 3));
        assertSameAfterReopening();
    }

    @Test
    void truncatingTheBeginBehindTheEndGoesOnThere() throws IOException {
        append(model.someEntries(random, 1, 10));
        truncatePrefix(50);
        assertSameAfterReopening();
        append(model.someEntries(random, 1, 3));
        assertSameAfterReopening();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 5, 11, 1000})
    void aLogThatIsResetGoesOnWhereItIsTold(long next) throws IOException {
        append(model.someEntries(random, 1, 10));
        reset(next);
        assertSameAfterReopening();

        append(List.of(LogModel.data(next, 7, "after", new byte[3])));
        assertSameAfterReopening();
    }

    @Test
    void anEntryThatDoesNotFollowIsRefusedAndEndsTheNode() throws IOException {
        append(model.someEntries(random, 1, 3));

        assertThat(open.storage().appendEntries(List.of(LogModel.data(5, 1, "gap", new byte[1]))))
                .isZero();
        assertThat(open.storage().failure()).hasMessageContaining("does not follow");
    }

    @Test
    void anEntryThatWasDamagedOnItsWayIsRefused() {
        LogEntry entry = LogModel.data(1, 1, "key", new byte[20]);
        entry.getData().put(30, (byte) 9);

        assertThat(open.storage().appendEntries(List.of(entry))).isZero();
        assertThat(open.storage().failure()).hasMessageContaining("checksum");
        assertThat(open.storage().getLastLogIndex()).isZero();
    }

    @Test
    void afterAFailedForceNothingIsTakenAnyMore() throws Exception {
        append(model.someEntries(random, 1, 3));
        String appender = Thread.currentThread().getName(); // Another thread prepares segments.
        files.files
                .faults()
                .failOnce(
                        call -> call.kind() == CallKind.SYNC && call.thread().equals(appender),
                        1,
                        FaultPlan::inputOutputError);

        assertThat(open.storage().appendEntries(model.someEntries(random, 1, 2)))
                .isZero();
        assertThat(open.storage().appendEntries(model.someEntries(random, 1, 2)))
                .isZero();
        assertThat(open.storage().truncateSuffix(1)).isFalse();
        assertThatThrownBy(() -> open.storage().awaitDurable(4, 1)).isInstanceOf(IOException.class);
        open.storage().awaitDurable(3, entry(3).getId().getTerm());
    }

    @Test
    void waitingForAnEntryEndsWhenItIsOnDiskUnderTheRightTerm() throws Exception {
        append(List.of(LogModel.data(1, 1, "a", new byte[1]), LogModel.data(2, 1, "old", new byte[1])));
        open.storage().awaitDurable(2, 1);
        CompletableFuture<Void> replaced = CompletableFuture.runAsync(() -> await(2, 3));

        // The old entry with the same index is on disk, which is not enough.
        assertThat(replaced).isNotDone();
        truncateSuffix(1);
        assertThat(replaced).isNotDone();
        append(List.of(LogModel.data(2, 3, "new", new byte[1])));

        replaced.join();
    }

    @Test
    void waitingForAnEntryEndsWithTheNode() {
        CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> await(1, 1));

        open.storage().shutdown();

        assertThatThrownBy(waiting::join)
                .hasRootCauseInstanceOf(IOException.class)
                .hasMessageContaining("is stopping");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void randomChangesGiveTheSameAsOnAList(long seed) throws IOException {
        Random changes = new Random(seed);
        // Where entries come from makes no difference: the log, memory, or the one and the other.
        files.recentBytes = List.of(0L, 5_000L, 1L << 30).get((int) (seed % 3));
        for (int step = 0; step < 150; step++) {
            switch (changes.nextInt(12)) {
                case 0 ->
                    truncateSuffix(
                            model.first() - 1 + changes.nextLong(model.entries().size() + 1L));
                case 1 ->
                    truncatePrefix(
                            model.first() + changes.nextLong(model.entries().size() + 2L));
                case 2 -> {
                    if (changes.nextInt(4) == 0) {
                        reset(1 + changes.nextLong(model.last() + 20));
                    }
                }
                case 3 -> assertSameAfterReopening();
                default -> append(model.someEntries(changes, step / 10, 1 + changes.nextInt(12)));
            }
            assertThat(model.difference(open.storage()))
                    .as("seed %s, step %s", seed, step)
                    .isEmpty();
        }
        assertSameAfterReopening();
    }

    private LogEntry entry(long index) {
        return Objects.requireNonNull(open.storage().getEntry(index));
    }

    private void await(long index, long term) {
        try {
            open.storage().awaitDurable(index, term);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private void append(List<LogEntry> entries) {
        assertThat(open.storage().appendEntries(new ArrayList<>(entries))).isEqualTo(entries.size());
        model = model.append(entries);
    }

    private void truncateSuffix(long lastKept) {
        assertThat(open.storage().truncateSuffix(lastKept)).isTrue();
        model = model.truncateSuffix(lastKept);
    }

    private void truncatePrefix(long firstKept) {
        assertThat(open.storage().truncatePrefix(firstKept)).isTrue();
        model = model.truncatePrefix(firstKept);
        files.firstIndex = firstKept;
    }

    private void reset(long next) {
        assertThat(open.storage().reset(next)).isTrue();
        model = model.reset(next);
        files.firstIndex = next;
    }

    private void assertSameAfterReopening() throws IOException {
        model.assertIs(open.storage());
        open.close();
        open = files.open();
        model.assertIs(open.storage());
    }

    @Test
    void aNoOpHasNoData() throws IOException {
        append(List.of(LogModel.entry(EntryType.ENTRY_TYPE_NO_OP, 1, 1)));
        assertThat(entry(1).getData()).isEqualTo(LogEntry.EMPTY_DATA);
        assertSameAfterReopening();
    }
}
