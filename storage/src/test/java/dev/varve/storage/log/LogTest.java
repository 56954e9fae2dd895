package dev.varve.storage.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.InterceptedFiles;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.io.Trouble;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LogTest {

    private static final int SEGMENT_BYTES = 4 << 10;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private TestLog files;
    private Log log;

    @BeforeEach
    void open() throws IOException {
        files = new TestLog(directory, SEGMENT_BYTES);
        log = files.open();
    }

    @AfterEach
    void close() throws IOException {
        log.close();
    }

    private void reopen() throws IOException {
        log.close();
        log = files.open();
    }

    private void append(long from, long to) throws IOException {
        log.append(LongStream.rangeClosed(from, to).mapToObj(TestLog::put).toList());
    }

    private byte[] value(long index) throws IOException {
        LogEntry entry = Objects.requireNonNull(log.entry(index), () -> "entry " + index);
        FrameCursor frame = FrameCursor.plain(entry.payload());
        assertThat(frame.next()).isTrue();
        return frame.value();
    }

    @Test
    void entriesAreReadByTheirIndexAlsoAfterOpeningAgain() throws IOException {
        append(1, 300);
        assertThat(log.segments().all()).hasSizeGreaterThan(5);
        for (int life = 0; life < 2; life++) {
            for (int index = 1; index <= 300; index++) {
                assertThat(value(index)).containsExactly((byte) index);
                assertThat(log.term(index)).isEqualTo(1);
                assertThat(log.firstRevision(index)).isEqualTo(index);
            }
            assertThat(log.entry(0)).isNull();
            assertThat(log.entry(301)).isNull();
            assertThat(log.term(301)).isZero();
            assertThat(log.firstIndex()).isEqualTo(1);
            assertThat(log.lastIndex()).isEqualTo(300);
            assertThat(log.durableIndex()).isEqualTo(300);
            assertThat(log.state()).isEqualTo(new LogState(300, 1, 301, 300_000));
            reopen();
        }
        assertThat(log.replayedRecords()).isGreaterThanOrEqualTo(300);
    }

    @Test
    void positionsTellWhereTheRecordsStand() throws IOException {
        long[] positions = log.append(List.of(TestLog.put(1), TestLog.put(2)));
        assertThat(log.position(2)).isEqualTo(positions[1]);
        List<Long> replayed = new ArrayList<>();
        log.close();
        log = files.open(DiskFileSystem.instance(), Ticker.system(), (header, position, payload) -> {
            assertThat(header.index()).isEqualTo(replayed.size() + 1);
            replayed.add(position);
        });
        assertThat(replayed).containsExactly(positions[0], positions[1]);
    }

    @Test
    void anEntryThatLeavesAGapIsRefused() throws IOException {
        append(1, 3);
        for (long index : new long[] {0, 3, 5}) {
            assertThatThrownBy(() -> log.append(List.of(TestLog.put(index))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("entry " + index + " does not follow entry 3");
        }
        append(4, 4);
        assertThat(log.lastIndex()).isEqualTo(4);
    }

    @Test
    void aRecordLargerThanASegmentGetsASegmentOfItsOwnSize() throws IOException {
        byte[] large = new byte[10 * SEGMENT_BYTES];
        new Random(1).nextBytes(large);
        append(1, 1);
        log.append(List.of(TestLog.put(2, 1, "large", large)));
        append(3, 3);
        assertThat(log.segments().all()).extracting(Segment::capacity).contains(SEGMENT_BYTES);
        assertThat(log.activeSegment().capacity()).isEqualTo(SEGMENT_BYTES);
        for (int life = 0; life < 2; life++) {
            assertThat(Arrays.equals(value(2), large)).isTrue();
            assertThat(value(3)).containsExactly(3);
            reopen();
        }
    }

    @Test
    void aRecordThatJustFitsLeavesRoomForTheSealAndOneByteMoreRolls() throws IOException {
        append(1, 1);
        int room = log.remainingBytes();
        int overhead = RecordHeader.BYTES
                + TestLog.put(2, 1, "k", new byte[0]).payload().limit();
        log.append(List.of(TestLog.put(2, 1, "k", new byte[room - overhead])));
        assertThat(log.remainingBytes()).isZero();
        assertThat(log.segments().all()).hasSize(1);
        append(3, 3);
        assertThat(log.segments().all()).hasSize(2);
        assertThat(log.segments().get(0).sealed()).isTrue();
        assertThat(log.segments().get(0).end()).isEqualTo(SEGMENT_BYTES);
        room = log.remainingBytes();
        log.append(List.of(TestLog.put(4, 1, "k", new byte[room - overhead + 1])));
        assertThat(log.segments().all()).hasSize(3);
        reopen();
        assertThat(log.lastIndex()).isEqualTo(4);
    }

    @Test
    void aTruncatedSuffixIsVoidAndItsIndexesAreUsedAgain() throws IOException {
        append(1, 100);
        log.truncateSuffix(40);
        assertThat(log.lastIndex()).isEqualTo(40);
        assertThat(log.durableIndex()).isEqualTo(40);
        assertThat(log.entry(41)).isNull();
        log.append(List.of(TestLog.put(41, 2, "other", new byte[] {77})));
        for (int life = 0; life < 2; life++) {
            assertThat(log.lastIndex()).isEqualTo(41);
            assertThat(value(40)).containsExactly(40);
            assertThat(value(41)).containsExactly(77);
            assertThat(log.term(41)).isEqualTo(2);
            assertThat(log.firstRevision(41)).isEqualTo(41);
            reopen();
        }
    }

    @Test
    void truncatingBehindTheEndDoesNothing() throws IOException {
        append(1, 3);
        int before = log.remainingBytes();
        log.truncateSuffix(3);
        log.truncateSuffix(9);
        assertThat(log.remainingBytes()).isEqualTo(before);
        assertThat(log.lastIndex()).isEqualTo(3);
    }

    @Test
    void everythingMayBeTruncatedButNothingBelowTheFirstEntry() throws IOException {
        append(1, 10);
        log.truncatePrefix(5);
        assertThatThrownBy(() -> log.truncateSuffix(3)).isInstanceOf(IllegalArgumentException.class);
        log.truncateSuffix(4);
        assertThat(log.lastIndex()).isEqualTo(4);
        assertThat(log.firstIndex()).isEqualTo(5);
        append(5, 6);
        assertThat(value(6)).containsExactly(6);
    }

    @Test
    void aTruncatedPrefixIsNotReadAndItsSegmentsAreNeededNoMore() throws IOException {
        append(1, 200);
        log.truncatePrefix(150);
        assertThat(log.firstIndex()).isEqualTo(150);
        assertThat(log.entry(149)).isNull();
        assertThat(value(150)).containsExactly((byte) 150);
        assertThat(log.oldestEntrySegment()).isPositive();
        log.truncatePrefix(10);
        assertThat(log.firstIndex()).as("it never goes back").isEqualTo(150);
    }

    @Test
    void aResetLogGoesOnBehindWhatItWasResetTo() throws IOException {
        append(1, 50);
        log.reset(new LogState(1_000, 7, 5_000, 9));
        assertThat(log.firstIndex()).isEqualTo(1_001);
        assertThat(log.lastIndex()).isEqualTo(1_000);
        assertThat(log.entry(50)).isNull();
        for (int life = 0; life < 2; life++) {
            assertThat(log.state()).isEqualTo(new LogState(1_000, 7, 5_000, 9));
            reopen();
        }
        log.append(List.of(TestLog.put(1_001)));
        assertThat(log.firstRevision(1_001)).isEqualTo(5_000);
        reopen();
        assertThat(log.firstIndex()).isEqualTo(1_001);
        assertThat(value(1_001)).containsExactly((byte) 1_001);
    }

    @Test
    void aDamagedEntryIsNamedAndTheOthersStayReadable() throws IOException {
        append(1, 3);
        Segment segment = log.segments().get(0);
        int inEntry2 = LogPosition.offset(log.position(3)) - 1;
        ByteBuffer one = ByteBuffer.allocate(1);
        segment.file().read(one, inEntry2);
        segment.file().write(one.put(0, (byte) ~one.get(0)).flip(), inEntry2);
        assertThatThrownBy(() -> log.entry(2))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining(segment.name().toString());
        assertThat(value(1)).containsExactly(1);
        assertThat(value(3)).containsExactly(3);
        assertThat(log.term(2)).as("its header is whole").isEqualTo(1);
    }

    @Test
    void aFullDiskRefusesTheEntryThatNeedsASegmentAndLeavesTheLogAsItWas() throws IOException {
        AtomicBoolean full = new AtomicBoolean();
        FileSystem disk = InterceptedFiles.wrap(DiskFileSystem.instance(), (method, bytes) -> {
            if (full.get() && method.equals("preallocate")) {
                throw new Trouble.DiskFullException("No space left on device");
            }
        });
        log.close();
        log = files.open(disk, Ticker.system(), (header, position, payload) -> {});
        full.set(true);
        long last = appendUntilRefused();
        LogState before = log.state();
        assertThat(before.lastIndex()).isEqualTo(last);
        List<LogEntry> several = LongStream.rangeClosed(last + 1, last + 100)
                .mapToObj(TestLog::put)
                .toList();
        assertThatThrownBy(() -> log.append(several)).isInstanceOf(Trouble.DiskFullException.class);
        assertThat(log.state()).isEqualTo(before);
        assertThat(log.lastIndex()).isEqualTo(last);
        assertThat(log.failure()).isNull();
        assertThat(log.diskFull()).isTrue();
        assertThat(value(last)).containsExactly((byte) last);

        full.set(false);
        appendWhenPossible(several);
        reopen();
        assertThat(log.lastIndex()).isEqualTo(last + 100);
        assertThat(value(last + 100)).containsExactly((byte) (last + 100));
    }

    @Test
    void entriesBeforeTheOneThatFindsNoSpaceAreInTheLog() throws IOException {
        AtomicBoolean full = new AtomicBoolean();
        FileSystem disk = InterceptedFiles.wrap(DiskFileSystem.instance(), (method, bytes) -> {
            if (full.get() && method.equals("preallocate")) {
                throw new Trouble.DiskFullException("No space left on device");
            }
        });
        log.close();
        log = files.open(disk, Ticker.system(), (header, position, payload) -> {});
        full.set(true);
        List<LogEntry> many =
                LongStream.rangeClosed(1, 1_000).mapToObj(TestLog::put).toList();
        assertThatThrownBy(() -> log.append(many)).isInstanceOf(Trouble.DiskFullException.class);
        long last = log.lastIndex();
        assertThat(last).isBetween(1L, 999L);
        assertThat(log.durableIndex()).isEqualTo(last);
        assertThat(log.state().lastIndex()).isEqualTo(last);
        assertThat(value(last)).containsExactly((byte) last);

        full.set(false);
        appendWhenPossible(many.subList((int) last, 1_000));
        reopen();
        assertThat(log.lastIndex()).isEqualTo(1_000);
    }

    private long appendUntilRefused() throws IOException {
        for (long index = 1; ; index++) {
            try {
                append(index, index);
            } catch (Trouble.DiskFullException e) {
                return index - 1;
            }
        }
    }

    private void appendWhenPossible(List<LogEntry> entries) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                log.append(entries.subList(
                        (int) (log.lastIndex() + 1 - entries.getFirst().index()), entries.size()));
                return;
            } catch (Trouble.DiskFullException e) {
                assertThat(System.nanoTime()).as("there is space").isLessThan(deadline);
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void theClockGoesOnFromTheTimeOfTheLastEntry() throws IOException {
        append(1, 5);
        AtomicLong nanos = new AtomicLong(123);
        log.close();
        log = files.open(DiskFileSystem.instance(), nanos::get, (header, position, payload) -> {});
        nanos.addAndGet(7_000);
        assertThat(log.clock().micros()).isEqualTo(5_007);
    }

    @Test
    void configurationsAndEmptyEntriesTakeNoRevision() throws IOException {
        ByteBuffer nothing = ByteBuffer.allocate(0);
        append(1, 1);
        log.append(List.of(new LogEntry(RecordType.NO_OP, 2, 4, 9, 0, nothing)));
        append(3, 3);
        assertThat(log.firstRevision(2)).isEqualTo(2);
        assertThat(log.firstRevision(3)).isEqualTo(2);
        reopen();
        assertThat(log.state().nextRevision()).isEqualTo(3);
        LogEntry empty = Objects.requireNonNull(log.entry(2));
        assertThat(empty.type()).isEqualTo(RecordType.NO_OP);
        assertThat(empty.payload().limit()).isZero();
    }

    @Test
    void theSpareThatWasNeverReachedIsToldAsUnused() throws IOException {
        append(1, 1);
        reopen();
        assertThat(log.unused())
                .allMatch(segment -> segment.id() != log.activeSegment().id());
        assertThat(log.visited(log.activeSegment())).isTrue();
        for (Segment segment : log.unused()) {
            assertThat(log.visited(segment)).isFalse();
        }
    }
}
