package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.Checksum;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.log.GroupCommit;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.LogConfig;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.LogState;
import dev.varve.storage.log.Segment;
import dev.varve.storage.log.SegmentRegistry;
import dev.varve.storage.log.SegmentSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What opening a log decides about its end: an unsynced tail, which is cut, or damage to what had been durable, upon which
 * nothing is changed.
 */
class LogRecoveryTest {

    private static final Path DIRECTORY = Path.of("/log");
    private static final StoreId STORE = new StoreId(1, 2);
    private static final int SEGMENT_BYTES = 4 << 10;

    /** What a manifest would know: the segments, and a place that is durable. */
    private static final class Known implements SegmentRegistry {
        private final List<Long> segments = new CopyOnWriteArrayList<>();
        private final AtomicInteger count = new AtomicInteger();
        private long durableSegment;
        private int durableOffset;

        @Override
        public long nextFileId() {
            return FileName.id(7, count.incrementAndGet());
        }

        @Override
        public void segmentCreated(long id) {
            segments.add(id);
        }
    }

    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private final Known known = new Known();

    /** Where the entries stand that were found when the log was opened. */
    private final List<Long> positions = new ArrayList<>();

    /** Where those stand that were {@link #written}. */
    private List<Long> writtenAt = List.of();

    private long firstSegment;

    @BeforeEach
    void makeDirectory() throws IOException {
        files.createDirectories(DIRECTORY);
    }

    private Log open() throws IOException {
        positions.clear();
        Log log = open(files, known);
        if (firstSegment == 0) {
            firstSegment = log.activeSegment().id();
        }
        return log;
    }

    private static void write(Log log, boolean force, int... values) throws IOException {
        try (GroupCommit commits = log.groupCommit(writes -> {}, Integer.MAX_VALUE)) {
            for (int value : values) {
                FrameEncoder frames = new FrameEncoder(64)
                        .add(FrameKind.PUT, true, Frames.USER, new byte[] {'k'}, new byte[] {(byte) value, 0, 1, 2, 3});
                commits.commit(new GroupCommit.Write(frames, force, null));
            }
        }
    }

    /** A log that was written and whose process died; it holds these entries, the first of them forced one by one. */
    private void written(int forced, int unforced) throws IOException {
        Log log = open();
        for (int i = 1; i <= forced; i++) {
            write(log, true, i);
        }
        for (int i = 1; i <= unforced; i++) {
            write(log, false, forced + i);
        }
        log.close();
        open().close();
        writtenAt = List.copyOf(positions);
    }

    private static Path path(long segment) {
        return DIRECTORY.resolve(new FileName(FileKind.LOG, segment).toString());
    }

    private int offset(int entry) {
        return LogPosition.offset(writtenAt.get(entry - 1));
    }

    private void damage(long segment, int offset) throws IOException {
        files.disk().flipBit(path(segment), 8L * offset + 3);
    }

    private Map<Path, String> contents() throws IOException {
        Map<Path, String> contents = new TreeMap<>();
        for (Path path : files.disk().paths()) {
            contents.put(path, new HexDump(files.disk().bytes(path)).toString());
        }
        return contents;
    }

    private void assertDamaged(long segment, int offset, String reason) throws IOException {
        Map<Path, String> before = contents();
        for (int time = 0; time < 2; time++) {
            assertThatThrownBy(this::open).isInstanceOfSatisfying(CorruptionException.class, e -> {
                assertThat(e.file()).isEqualTo(new FileName(FileKind.LOG, segment).toString());
                assertThat(e.offset()).isEqualTo(offset);
                assertThat(e.reason()).contains(reason);
            });
        }
        assertThat(contents()).as("nothing was changed").isEqualTo(before);
        assertThat(files.openFiles()).isEmpty();
    }

    @Test
    void anUnsyncedTailIsCutAndSaidAndTheLogGoesOnInAnotherSegment() throws IOException {
        written(3, 2);
        damage(firstSegment, offset(4) + 60);
        int cut = offset(4);
        try (Log log = open()) {
            assertThat(log.lastIndex()).isEqualTo(3);
            assertThat(log.cutBytes()).isEqualTo(SEGMENT_BYTES - cut);
            assertThat(log.segments().get(0).sealed()).isTrue();
            assertThat(log.activeSegment().id()).isNotEqualTo(firstSegment);
            write(log, true, 40, 50);
        }
        try (Log log = open()) {
            assertThat(log.cutBytes()).as("only once").isZero();
            assertThat(log.lastIndex()).isEqualTo(5);
            assertThat(positions).hasSize(5);
            assertThat(LogPosition.segmentNumber(log.position(4)))
                    .isEqualTo(log.activeSegment().number());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 8, 13, 16, 48, 52, 56, 60, 66, 70, 74})
    void whereverTheLastRecordIsDamagedItIsTheTail(int at) throws IOException {
        written(3, 1);
        damage(firstSegment, offset(4) + at);
        try (Log log = open()) {
            assertThat(log.lastIndex()).isEqualTo(3);
            assertThat(log.cutBytes()).isPositive();
        }
    }

    @Test
    void aValidRecordBehindTheCutIsNeverTakenForTheContinuation() throws IOException {
        written(3, 3);
        damage(firstSegment, offset(4) + 60);
        try (Log log = open()) {
            assertThat(log.lastIndex()).isEqualTo(3);
        }
        try (Log log = open()) {
            assertThat(log.lastIndex()).isEqualTo(3);
            assertThat(files.disk().sizeBytes(path(firstSegment)))
                    .isEqualTo(log.segments().get(0).end())
                    .isLessThan(SEGMENT_BYTES);
        }
    }

    @Test
    void onAFullDiskTheTailIsClearedAndTheLogGoesOnInTheSameSegment() throws IOException {
        written(3, 3);
        damage(firstSegment, offset(4) + 60);
        int cut = offset(4);
        files.setCapacityBytes(0);
        try (Log log = open()) {
            assertThat(log.lastIndex()).isEqualTo(3);
            assertThat(log.cutBytes()).isEqualTo(SEGMENT_BYTES - cut);
            assertThat(log.activeSegment().id()).isEqualTo(firstSegment);
            assertThat(log.activeSegment().end()).isEqualTo(cut);
        }
        files.setCapacityBytes(SimulatedFileSystem.UNBOUNDED);
        try (Log log = open()) {
            assertThat(log.cutBytes()).as("only once").isZero();
            write(log, true, 40);
            assertThat(log.activeSegment().id()).isEqualTo(firstSegment);
        }
        try (Log log = open()) {
            assertThat(log.lastIndex())
                    .as("those behind the damage are not taken for later ones")
                    .isEqualTo(4);
            assertThat(positions).hasSize(4);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"WRITE", "SYNC"})
    void whereverClearingATailFailsItIsDoneAgain(CallKind kind) throws IOException {
        written(3, 3);
        damage(firstSegment, offset(4) + 60);
        files.setCapacityBytes(0);
        int failures = 0;
        for (int nth = 1; failures == nth - 1; nth++) {
            files.faults().tearOnce(FaultPlan.kinds(Set.of(kind)), nth, 0.5, FaultPlan::inputOutputError);
            try (Log log = open()) {
                assertThat(log.lastIndex()).isEqualTo(3);
            } catch (IOException e) {
                failures++;
            }
            files.faults().heal();
        }
        assertThat(failures).isPositive();
        try (Log log = open()) {
            assertThat(log.lastIndex()).isEqualTo(3);
            assertThat(log.activeSegment().id()).isEqualTo(firstSegment);
        }
    }

    @Test
    void whatALaterRecordProvesToHaveBeenDurableIsNotCut() throws IOException {
        written(4, 0);
        // The fourth was appended when the third was durable.
        damage(firstSegment, offset(3) + 60);
        assertDamaged(firstSegment, offset(3), "had been durable up to offset " + offset(4));
    }

    @Test
    void whatTheManifestProvesToHaveBeenDurableIsNotCut() throws IOException {
        written(2, 2);
        damage(firstSegment, offset(4) + 60);
        known.durableSegment = firstSegment;
        known.durableOffset = offset(4) + 1;
        assertDamaged(firstSegment, offset(4), "had been durable up to offset");
        known.durableOffset = offset(4);
        try (Log log = open()) {
            assertThat(log.lastIndex()).isEqualTo(3);
        }
    }

    @Test
    void zeroesWhereTheManifestKnowsOfRecordsAreDamageToo() throws IOException {
        written(3, 0);
        int end = offset(3) + offset(3) - offset(2);
        try (StoreFile file = files.open(path(firstSegment))) {
            file.write(ByteBuffer.allocate(end - offset(3)), offset(3));
        }
        known.durableSegment = firstSegment;
        known.durableOffset = end;
        assertDamaged(firstSegment, offset(3), "had been durable up to offset " + end);
    }

    @Test
    void aSegmentWithASuccessorInUseIsDurableToItsEnd() throws IOException {
        written(120, 0);
        int second = known.segments.indexOf(firstSegment) + 1;
        assertThat(known.segments).hasSizeGreaterThan(second + 1);
        damage(firstSegment, offset(2) + 60);
        assertDamaged(firstSegment, offset(2), "had been durable to its end");
    }

    @Test
    void aDamagedSealIsDamageThoughNothingStandsInTheSuccessor() throws IOException {
        written(3, 1);
        damage(firstSegment, offset(4) + 60);
        open().close();
        int seal = offset(4);
        damage(firstSegment, seal + 20);
        assertDamaged(firstSegment, seal, "without a seal");
    }

    @Test
    void aSegmentThatIsTooShortIsDamagedAndNotCutFurther() throws IOException {
        written(3, 1);
        StoreFile file = files.open(path(firstSegment));
        file.truncate(offset(4) + 20);
        file.close();
        assertDamaged(firstSegment, offset(4), "the file ends at offset " + (offset(4) + 20) + " without a seal");
    }

    @Test
    void aMissingSegmentIsNamedWhetherTheManifestKnowsItOrNot() throws IOException {
        written(120, 0);
        long second = known.segments.get(1);
        known.segments.remove(second);
        assertThatThrownBy(this::open)
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining(new FileName(FileKind.LOG, firstSegment).toString())
                .hasMessageContaining("goes on in " + new FileName(FileKind.LOG, second) + ", which is missing");
        known.segments.add(1, second);
        files.disk().remove(path(second));
        assertDamaged(second, 0, "the file is missing");
        known.segments.remove(firstSegment);
        assertDamaged(firstSegment, 0, "the log begins in this segment, which is missing");
    }

    @Test
    void aSegmentOfAnotherStoreIsNamed() throws IOException {
        written(3, 0);
        ByteBuffer header = new FileHeader(FileKind.LOG, new StoreId(9, 9), firstSegment, SEGMENT_BYTES).encode();
        StoreFile file = files.open(path(firstSegment));
        file.write(header, 0);
        file.sync();
        file.close();
        assertThatThrownBy(this::open)
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining(new FileName(FileKind.LOG, firstSegment).toString())
                .hasMessageContaining("belongs to store");
    }

    @Test
    void aManifestWithoutACheckpointThatFindsRecordsHasBeenCut() throws IOException {
        written(1, 0);
        long segment = firstSegment;
        firstSegment = 0;
        assertDamaged(segment, FileHeader.BYTES, "the manifest has been cut");
    }

    @Test
    void segmentsThatWereMadeReadyAndNeverReachedAreToldAsUnused() throws IOException {
        written(3, 0);
        try (Log log = open()) {
            assertThat(log.unused()).isNotEmpty();
            for (Segment segment : log.unused()) {
                assertThat(log.visited(segment)).isFalse();
                assertThat(segment.id()).isNotEqualTo(firstSegment);
            }
        }
    }

    /** Writes a record behind the last entry, whatever it says, with the checksum of its place. */
    private void forge(RecordHeader header, byte type) throws IOException {
        int at = offset(3) + offset(3) - offset(2);
        ByteBuffer bytes = ByteBuffer.allocate(RecordHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.write(bytes, 0, firstSegment, at);
        bytes.put(12, type);
        bytes.putInt(0, Checksum.of(bytes, 4, RecordHeader.BYTES - 4) ^ Checksum.salt(firstSegment, at));
        try (StoreFile file = files.open(path(firstSegment))) {
            file.write(bytes, at);
            file.sync();
        }
    }

    private static RecordHeader header(RecordType type, int group, long index, long revision) {
        return new RecordHeader(RecordHeader.BYTES, group, type, index, 1, 0, revision, FileHeader.BYTES, 0);
    }

    @Test
    void anEntryThatDoesNotFollowTheOneBeforeItIsDamage() throws IOException {
        written(3, 0);
        int at = offset(3) + offset(3) - offset(2);
        forge(header(RecordType.NO_OP, 0, 7, 4), (byte) RecordType.NO_OP.code());
        assertDamaged(firstSegment, at, "entry 7 with revision 4 stands where entry 4 with revision 4");
        forge(header(RecordType.NO_OP, 0, 4, 9), (byte) RecordType.NO_OP.code());
        assertDamagedAgain(at);
    }

    private void assertDamagedAgain(int at) {
        assertThatThrownBy(this::open)
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("offset " + at)
                .hasMessageContaining("entry 4 with revision 9 stands where entry 4 with revision 4");
    }

    @Test
    void aSealThatNamesNobodyIsDamage() throws IOException {
        written(3, 0);
        int at = offset(3) + offset(3) - offset(2);
        forge(header(RecordType.SEAL, 0, 3, 4), (byte) RecordType.SEAL.code());
        assertDamaged(firstSegment, at, "the seal does not name a successor");
    }

    @Test
    void recordsOfALaterVersionAreRefusedAndNotCut() throws IOException {
        written(3, 0);
        forge(header(RecordType.NO_OP, 5, 4, 4), (byte) RecordType.NO_OP.code());
        Map<Path, String> before = contents();
        assertThatThrownBy(this::open)
                .isInstanceOf(UnsupportedVersionException.class)
                .hasMessageContaining("Raft group 5");
        forge(header(RecordType.NO_OP, 0, 4, 4), (byte) 77);
        assertThatThrownBy(this::open)
                .isInstanceOf(UnsupportedVersionException.class)
                .hasMessageContaining("type 77");
        assertThat(contents().keySet()).isEqualTo(before.keySet());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, SimulatedFileSystem.UNBOUNDED})
    void aPowerCutAtAnyCallOfTheCuttingLeavesALogThatIsCutTheSameWay(long capacityBytes) throws IOException {
        written(3, 3);
        damage(firstSegment, offset(4) + 60);
        SimulatedDisk torn = files.disk().copy();
        List<Long> segments = List.copyOf(known.segments);
        int crashes = 0;
        for (int nth = 1; ; nth++) {
            Known again = new Known();
            again.segments.addAll(segments);
            again.count.set(100 * nth);
            SimulatedFileSystem disk = new SimulatedFileSystem(torn.copy());
            disk.setCapacityBytes(capacityBytes);
            disk.faults().crashAt(FaultPlan.kinds(CallKind.CHANGES), nth, 0.5);
            try (Log log = open(disk, again)) {
                assertThat(log.lastIndex()).isEqualTo(3);
                break;
            } catch (SimulatedCrash e) {
                crashes++;
            }
            for (CrashMode mode : CrashMode.values()) {
                SimulatedFileSystem after = new SimulatedFileSystem(disk.disk().afterPowerCut(Seeds.random(nth), mode));
                try (Log log = open(after, again)) {
                    assertThat(log.lastIndex()).as("call %d, %s", nth, mode).isEqualTo(3);
                }
            }
        }
        assertThat(crashes).isGreaterThan(capacityBytes == 0 ? 3 : 5);
    }

    private Log open(SimulatedFileSystem disk, Known segments) throws IOException {
        return Log.open(
                new LogConfig(
                        disk,
                        Ticker.system(),
                        DIRECTORY,
                        STORE,
                        0,
                        SEGMENT_BYTES,
                        segments,
                        (nanos, writes, bytes) -> {}),
                new SegmentSet(),
                new Log.Start(
                        List.copyOf(segments.segments),
                        firstSegment,
                        FileHeader.BYTES,
                        new LogState(0, 0, 1, 0),
                        segments.durableSegment,
                        segments.durableOffset),
                (header, position, payload) -> positions.add(position));
    }
}
