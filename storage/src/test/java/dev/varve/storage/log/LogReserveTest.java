package dev.varve.storage.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.InterceptedFiles;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.io.Trouble;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What data leave of the log for deletes. */
@Timeout(60)
class LogReserveTest {

    private static final int SEGMENT_BYTES = 256 << 10;
    private static final int RESERVE_BYTES = SEGMENT_BYTES / 8;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final byte[] KEY = {'k'};
    private static final byte[] NOTHING = {};

    @TempDir
    Path directory;

    private final Thread appender = Thread.currentThread();
    private volatile boolean full = true;
    private volatile boolean foundAtOnce;
    private Log log;

    /**
     * The disk has room for one segment. That there is none for another turns out only when somebody waits for it: so slow the thread may be
     * that makes them.
     */
    private void beforeCall(String method, long bytes) throws IOException {
        if (method.equals("preallocate") && Thread.currentThread() != appender) {
            while (full && !foundAtOnce && appender.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            if (full) {
                throw new Trouble.DiskFullException("No space left on device");
            }
        }
    }

    @BeforeEach
    void open() throws IOException {
        log = new TestLog(directory, SEGMENT_BYTES)
                .open(
                        InterceptedFiles.wrap(DiskFileSystem.instance(), this::beforeCall),
                        Ticker.system(),
                        (header, position, payload) -> {});
    }

    @AfterEach
    void close() throws IOException {
        full = false;
        log.close();
    }

    private void append(byte kind, int keyspace, byte[] value) throws IOException {
        log.appendLock().lock();
        try {
            log.append(new GroupCommit.Write(
                    new FrameEncoder(value.length).add(kind, true, keyspace, KEY, value), true, null));
        } finally {
            log.appendLock().unlock();
        }
    }

    private void put(int valueBytes) throws IOException {
        append(FrameKind.PUT, Frames.USER, new byte[valueBytes]);
    }

    private void delete() throws IOException {
        append(FrameKind.DELETE, Frames.USER, NOTHING);
    }

    private static int recordBytes(int valueBytes) {
        return RecordHeader.BYTES + Frames.HEADER_BYTES + KEY.length + valueBytes;
    }

    /** Puts values until one is refused for lack of space. */
    private void fill(int valueBytes) {
        assertThatThrownBy(() -> {
                    while (true) {
                        put(valueBytes);
                    }
                })
                .isInstanceOf(Trouble.DiskFullException.class);
    }

    @Test
    void dataLeaveTheReserveAlsoWhereTheDiskIsFoundFullLate() throws IOException {
        int valueBytes = 8_000;
        fill(valueBytes);
        assertThat(log.remainingBytes()).isBetween(RESERVE_BYTES, RESERVE_BYTES + recordBytes(valueBytes) - 1);
        assertThat(log.lacksSpace()).isTrue();
        append(FrameKind.RANGE_DELETE, Frames.USER, NOTHING);
        append(FrameKind.PUT, Frames.SYSTEM, new byte[100]);
        int deletes = log.remainingBytes() / recordBytes(0);
        assertThat(deletes).isGreaterThan(RESERVE_BYTES / 100);
        for (int i = 0; i < deletes; i++) {
            delete();
        }
        assertThatThrownBy(this::delete).isInstanceOf(Trouble.DiskFullException.class);
    }

    @Test
    void aRecordLargerThanTheReserveLeavesItToo() throws IOException {
        put(SEGMENT_BYTES / 2);
        fill(SEGMENT_BYTES / 2 - 1_000);
        assertThat(log.remainingBytes()).isGreaterThan(RESERVE_BYTES);
        assertThat(log.lacksSpace())
                .as("all data are refused, although small ones would fit")
                .isTrue();
    }

    @Test
    void whereASegmentFollowsDataFillTheLastOneAndTheNextIsFresh() throws IOException {
        full = false;
        int before = log.remainingBytes() / recordBytes(8_000);
        for (int i = 0; i < before; i++) {
            put(8_000);
        }
        assertThat(log.segments().ofLog()).hasSize(1);
        assertThat(log.lacksSpace()).isFalse();
        put(8_000);
        assertThat(log.segments().ofLog()).hasSize(2);
    }

    @Test
    void behindARecordThatGetsASegmentOfItsOwnIsRoomForDeletes() throws IOException {
        full = false;
        put(2 * SEGMENT_BYTES);
        assertThat(log.remainingBytes()).isGreaterThanOrEqualTo(RESERVE_BYTES);
        put(SEGMENT_BYTES - 2_000);
        assertThat(log.remainingBytes()).isGreaterThanOrEqualTo(RESERVE_BYTES);
    }

    @Test
    void dataAreTakenAgainWhenThereIsSpace() throws IOException {
        fill(8_000);
        full = false;
        await(() -> !log.lacksSpace());
        for (int i = 0; i < 20; i++) {
            put(8_000);
        }
        assertThat(log.segments().ofLog()).hasSize(2);
    }

    @Test
    void aFreshSegmentTakesDataAlthoughTheOneBeforeItRefusedThem() throws IOException {
        fill(8_000);
        full = false;
        await(() -> !log.lacksSpace());
        foundAtOnce = true;
        full = true;
        while (log.segments().ofLog().size() == 1) {
            put(8_000);
        }
        await(log::diskFull);
        assertThat(log.lacksSpace()).isFalse();
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }
}
