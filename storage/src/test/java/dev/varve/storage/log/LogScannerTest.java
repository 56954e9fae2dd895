package dev.varve.storage.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.Checksum;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogScannerTest {

    private static final long ID = 0x7_0000_0001L;
    private static final int FIRST = FileHeader.BYTES;
    private static final int CAPACITY = 256 << 10;

    private StoreFile file;
    private Segment segment;
    private int end = FIRST;

    @BeforeEach
    void create(@TempDir Path directory) throws IOException {
        file = DiskFileSystem.instance().create(directory.resolve("f"));
        file.preallocate(CAPACITY);
        segment = new Segment(FileKind.LOG, 0, ID, file, CAPACITY);
    }

    @AfterEach
    void close() throws IOException {
        segment.close();
    }

    /** A header as it would stand at an offset. */
    private static RecordHeader header(RecordType type, int length, long index, int durable, int frames) {
        return new RecordHeader(length, 0, type, index, 1, 5, index, durable, frames);
    }

    /** Appends a record with one value of so many bytes, and returns where it stands. */
    private int append(long index, int valueBytes, int durable) throws IOException {
        ByteBuffer frames = TestLog.put(index, 1, "key", new byte[valueBytes]).payload();
        return append(header(RecordType.WRITES, RecordHeader.BYTES + frames.limit(), index, durable, 1), frames);
    }

    private int append(RecordHeader header, ByteBuffer frames) throws IOException {
        ByteBuffer record = ByteBuffer.allocate(header.length()).order(ByteOrder.LITTLE_ENDIAN);
        LogWriter.encode(record, header, frames, ID, end);
        int at = end;
        file.write(record.flip(), at);
        end = at + header.length();
        return at;
    }

    /** Writes a header alone, whatever it says, with the checksum of its place. */
    private void putHeader(RecordHeader header, int at) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(RecordHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.write(bytes, 0, ID, at);
        file.write(bytes, at);
    }

    private void flip(int at) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        file.read(one, at);
        file.write(one.put(0, (byte) (one.get(0) ^ 1)).flip(), at);
    }

    private LogScanner scanner() throws IOException {
        return new LogScanner(segment, FIRST);
    }

    private static List<Integer> offsets(LogScanner scanner) throws IOException {
        List<Integer> offsets = new ArrayList<>();
        while (scanner.next()) {
            offsets.add(scanner.recordOffset());
        }
        return offsets;
    }

    @Test
    void recordsAreReadInOrderWhateverTheWindow() throws IOException {
        List<Integer> expected = new ArrayList<>();
        for (int i = 1; i <= 50; i++) {
            expected.add(append(i, 37 * i, FIRST));
        }
        for (int window : new int[] {RecordHeader.BYTES, 100, 1_000, CAPACITY, 2 * CAPACITY}) {
            LogScanner scanner = new LogScanner(segment, FIRST, window);
            assertThat(offsets(scanner)).isEqualTo(expected);
            assertThat(scanner.offset()).isEqualTo(end);
            assertThat(scanner.onlyZeroesFollow()).isTrue();
            assertThat(scanner.sealed()).isFalse();
        }
    }

    @Test
    void beforeTheFirstRecordThereIsNoHeader() throws IOException {
        LogScanner scanner = scanner();
        assertThatThrownBy(scanner::header).isInstanceOf(IllegalStateException.class);
        assertThat(scanner.next()).isFalse();
        assertThat(scanner.trouble()).contains("no valid record header");
    }

    @Test
    void readingEndsBeforeADamagedRecordAndSaysWhy() throws IOException {
        int first = append(1, 10, FIRST);
        int second = append(2, 10, FIRST);
        append(3, 10, FIRST);
        flip(second + RecordHeader.BYTES + 20);
        LogScanner scanner = scanner();
        assertThat(offsets(scanner)).containsExactly(first);
        assertThat(scanner.offset()).isEqualTo(second);
        assertThat(scanner.trouble()).contains("checksum");
        assertThat(scanner.onlyZeroesFollow()).isFalse();

        flip(second + RecordHeader.BYTES + 20);
        flip(second + 16);
        LogScanner again = scanner();
        assertThat(offsets(again)).containsExactly(first);
        assertThat(again.trouble()).contains("no valid record header");
    }

    @Test
    void aRecordThatStandsElsewhereDoesNotPass() throws IOException {
        int first = append(1, 10, FIRST);
        ByteBuffer copy = ByteBuffer.allocate(end - first);
        file.read(copy, first);
        file.write(copy.flip(), end);
        assertThat(offsets(scanner())).containsExactly(first);
    }

    @Test
    void theNumberOfFramesMustBeWhatTheHeaderSays() throws IOException {
        ByteBuffer frames = TestLog.put(1).payload();
        append(header(RecordType.WRITES, RecordHeader.BYTES + frames.limit(), 1, FIRST, 2), frames);
        LogScanner scanner = scanner();
        assertThat(scanner.next()).isFalse();
        assertThat(scanner.trouble()).contains("holds 1 frames and should hold 2");
    }

    @Test
    void nothingIsReadBehindASeal() throws IOException {
        ByteBuffer seal = LogWriter.sealFrame(ID + 1);
        append(header(RecordType.SEAL, LogWriter.SEAL_BYTES, 0, FIRST, 1), seal);
        append(1, 10, FIRST);
        LogScanner scanner = scanner();
        assertThat(offsets(scanner)).containsExactly(FIRST);
        assertThat(scanner.sealed()).isTrue();
        assertThat(scanner.offset()).isEqualTo(FIRST + LogWriter.SEAL_BYTES);
    }

    @Test
    void aLengthBeyondTheFileIsNeitherReadNorAllocated() throws IOException {
        for (int length : new int[] {CAPACITY - FIRST + 1, 1 << 30, Integer.MAX_VALUE}) {
            putHeader(header(RecordType.WRITES, length, 1, FIRST, 1), FIRST);
            LogScanner scanner = scanner();
            assertThat(scanner.next()).isFalse();
            assertThat(scanner.trouble()).contains("a record of " + length + " bytes does not fit");
        }
    }

    @Test
    void aValidRecordOfAnUnknownTypeIsRefusedAndNotTakenForTheEnd() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(RecordHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header(RecordType.NO_OP, RecordHeader.BYTES, 1, FIRST, 0).write(bytes, 0, ID, FIRST);
        bytes.put(12, (byte) 99);
        bytes.putInt(0, Checksum.of(bytes, 4, RecordHeader.BYTES - 4) ^ Checksum.salt(ID, FIRST));
        file.write(bytes, FIRST);
        LogScanner scanner = scanner();
        assertThatThrownBy(scanner::next)
                .isInstanceOf(UnsupportedVersionException.class)
                .hasMessageContaining("type 99");
    }

    @Test
    void aRecordBehindAHoleProvesWhatHadBeenDurable() throws IOException {
        append(1, 10, FIRST);
        int hole = append(2, 10, FIRST);
        int behind = append(3, 10, hole);
        append(4, 5_000, behind);
        append(5, 10, hole);
        flip(hole + 16);
        LogScanner scanner = scanner();
        offsets(scanner);
        assertThat(scanner.offset()).isEqualTo(hole);
        assertThat(scanner.durabilityProvenBehind()).isEqualTo(behind);
    }

    @Test
    void aRecordAcrossTwoChunksOfTheSearchIsSeen() throws IOException {
        int chunk = 1 << 20;
        file.preallocate(2L * chunk);
        for (int distance = -RecordHeader.BYTES - 1; distance <= 1; distance++) {
            int at = FIRST + chunk + distance;
            putHeader(header(RecordType.NO_OP, RecordHeader.BYTES, 9, FIRST + 500, 0), at);
            LogScanner scanner = scanner();
            assertThat(scanner.next()).isFalse();
            assertThat(scanner.durabilityProvenBehind()).as("at %d", at).isEqualTo(FIRST + 500);
            file.write(ByteBuffer.allocate(RecordHeader.BYTES), at);
        }
    }

    @Test
    void aStaleHeaderBehindAHoleProvesNothing() throws IOException {
        int first = append(1, 10, FIRST);
        ByteBuffer copy = ByteBuffer.allocate(RecordHeader.BYTES);
        file.read(copy, first);
        file.write(copy.flip(), end + 1_000);
        LogScanner scanner = scanner();
        offsets(scanner);
        assertThat(scanner.onlyZeroesFollow()).isFalse();
        assertThat(scanner.durabilityProvenBehind()).isZero();
    }
}
