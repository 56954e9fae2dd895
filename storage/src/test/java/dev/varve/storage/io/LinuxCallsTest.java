package dev.varve.storage.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.varve.storage.io.LinuxCalls.Descriptor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class LinuxCallsTest {

    /** More than is read at once. */
    private static final int BYTES = 200_000;

    /** More than a call takes from the heap. */
    private static final int LARGE = 300_000;

    private final LinuxCalls calls = Objects.requireNonNull(LinuxCalls.instance());
    private final byte[] contents = new byte[BYTES];
    private Path file;

    @BeforeEach
    void write(@TempDir Path directory) throws IOException {
        new Random(1).nextBytes(contents);
        file = Files.write(directory.resolve("f"), contents);
    }

    /** Reads until all is in memory, which it is after the first ordinary read. */
    private boolean read(Descriptor fd, ByteBuffer target, long position) throws IOException {
        Files.readAllBytes(file);
        return calls.readResident(fd, target, position, true);
    }

    @Test
    void whatIsInMemoryIsReadInPiecesIntoAnyBuffer() throws IOException {
        Descriptor fd = calls.open(file, LinuxCalls.O_RDONLY);
        for (ByteBuffer target : new ByteBuffer[] {
            ByteBuffer.allocate(BYTES - 7),
            ByteBuffer.allocateDirect(BYTES - 7),
            ByteBuffer.allocate(BYTES).position(7)
        }) {
            int begin = target.position();
            assertThat(read(fd, target, 7)).isTrue();
            assertThat(target.hasRemaining()).isFalse();
            byte[] found = new byte[target.limit() - begin];
            target.get(begin, found);
            assertThat(Arrays.equals(found, Arrays.copyOfRange(contents, 7, 7 + found.length)))
                    .isTrue();
        }
        calls.close(fd);
    }

    @Test
    void aReadThatWouldBeShortLeavesTheTargetWhereItWas() throws IOException {
        Descriptor fd = calls.open(file, LinuxCalls.O_RDONLY);
        ByteBuffer tooLong = ByteBuffer.allocate(BYTES + 10).position(5);
        assertThat(read(fd, tooLong, 0)).isFalse();
        assertThat(tooLong.position()).isEqualTo(5);
        assertThat(read(fd, ByteBuffer.allocate(1), BYTES)).isFalse();
        assertThat(read(fd, ByteBuffer.allocate(0), BYTES)).isTrue();
        calls.close(fd);
    }

    @Test
    void blocksAreGivenWithoutChangingWhatIsThere() throws IOException {
        Descriptor fd = calls.open(file, LinuxCalls.O_RDWR);
        if (calls.allocate(fd, 2 * BYTES)) {
            byte[] found = Files.readAllBytes(file);
            assertThat(found).hasSize(2 * BYTES);
            assertThat(Arrays.equals(found, Arrays.copyOf(contents, 2 * BYTES))).isTrue();
        }
        assertThat(calls.allocate(fd, 10)).isIn(true, false);
        assertThat(Files.size(file)).isGreaterThanOrEqualTo(BYTES);
        calls.close(fd);
    }

    @Test
    void aFileSystemThatCannotReadWithoutKeepingReadsAllTheSame() throws IOException {
        Path memory = Path.of("/dev/shm");
        assumeThat(memory).isDirectory().isWritable();
        Path there = Files.createTempFile(memory, "varve", "test");
        try {
            Files.write(there, contents);
            Descriptor fd = calls.open(there, LinuxCalls.O_RDONLY);
            ByteBuffer target = ByteBuffer.allocate(BYTES);
            assertThat(calls.read(fd, target, 0, false)).isEqualTo(BYTES);
            assertThat(target.array()).isEqualTo(contents);
            assertThat(calls.readResident(fd, target.clear(), 0, false))
                    .isEqualTo(calls.readResident(fd, target.clear(), 0, true));
            calls.close(fd);
        } finally {
            Files.delete(there);
        }
    }

    @Test
    void whatIsReadIsWhatTheFileHasAndNothingBehindItsEnd() throws IOException {
        Descriptor fd = calls.open(file, LinuxCalls.O_RDONLY);
        for (ByteBuffer target : new ByteBuffer[] {
            ByteBuffer.allocate(BYTES), ByteBuffer.allocateDirect(BYTES + 10).position(3)
        }) {
            int begin = target.position();
            assertThat(calls.read(fd, target, 100, true)).isEqualTo(BYTES - 100);
            assertThat(target.position()).isEqualTo(begin + BYTES - 100);
            byte[] found = new byte[BYTES - 100];
            target.get(begin, found);
            assertThat(Arrays.equals(found, Arrays.copyOfRange(contents, 100, BYTES)))
                    .isTrue();
        }
        assertThat(calls.read(fd, ByteBuffer.allocate(1), BYTES, true)).isZero();
        calls.close(fd);
    }

    @Test
    void whatIsWrittenFromAnyBufferStandsInTheFile() throws IOException {
        byte[] expected = new byte[2 * LARGE];
        new Random(2).nextBytes(expected);
        for (ByteBuffer source : new ByteBuffer[] {
            ByteBuffer.wrap(expected),
            ByteBuffer.wrap(expected).asReadOnlyBuffer(),
            ByteBuffer.allocateDirect(expected.length).put(expected).flip()
        }) {
            Files.write(file, new byte[0]);
            Descriptor fd = calls.open(file, LinuxCalls.O_RDWR);
            source.position(10);
            calls.write(fd, source, 10);
            calls.forceData(fd);
            assertThat(source.hasRemaining()).isFalse();
            assertThat(calls.size(fd)).isEqualTo(expected.length);
            calls.truncate(fd, expected.length - 5);
            byte[] found = Files.readAllBytes(file);
            assertThat(found).hasSize(expected.length - 5);
            assertThat(Arrays.equals(found, 10, found.length, expected, 10, found.length))
                    .isTrue();
            calls.close(fd);
        }
    }

    @Test
    void aMappingShowsTheFileAndEndsWithItsArena() throws IOException {
        Descriptor fd = calls.open(file, LinuxCalls.O_RDWR);
        MemorySegment mapped;
        try (Arena arena = Arena.ofShared()) {
            mapped = Objects.requireNonNull(calls.map(fd, true, 0, BYTES, arena));
            calls.adviseRandom(mapped);
            assertThat(mapped.byteSize()).isEqualTo(BYTES);
            assertThat(mapped.get(ValueLayout.JAVA_BYTE, 4711)).isEqualTo(contents[4711]);
            mapped.set(ValueLayout.JAVA_BYTE, 4711, (byte) (contents[4711] + 1));
            assertThat(Files.readAllBytes(file)[4711]).isEqualTo((byte) (contents[4711] + 1));
            assertThat(Files.readString(Path.of("/proc/self/maps"))).contains(file.toString());
        }
        assertThat(Files.readString(Path.of("/proc/self/maps"))).doesNotContain(file.toString());
        try (Arena arena = Arena.ofConfined()) {
            assertThat(calls.map(fd, true, 0, 0, arena)).as("no bytes").isNull();
        }
        calls.close(fd);
    }

    @Test
    void aMappingMovesToAnotherPartOfTheFile() throws IOException {
        Descriptor fd = calls.open(file, LinuxCalls.O_RDWR);
        int page = 4096;
        try (Arena arena = Arena.ofShared()) {
            MemorySegment mapped = Objects.requireNonNull(calls.map(fd, true, 0, page, arena));
            mapped.set(ValueLayout.JAVA_BYTE, 5, (byte) (contents[5] + 1));
            assertThat(calls.remap(fd, mapped, page)).isTrue();
            assertThat(mapped.get(ValueLayout.JAVA_BYTE, 5)).isEqualTo(contents[page + 5]);
            mapped.set(ValueLayout.JAVA_BYTE, 5, (byte) (contents[page + 5] + 1));
            assertThat(calls.remap(fd, mapped, 1)).as("no page begins there").isFalse();
        }
        byte[] found = Files.readAllBytes(file);
        assertThat(found[5]).isEqualTo((byte) (contents[5] + 1));
        assertThat(found[page + 5]).isEqualTo((byte) (contents[page + 5] + 1));
        calls.close(fd);
    }

    @Test
    @SuppressWarnings("MustBeClosedChecker") // It is closed by hand, before it is used.
    void aMappingThatComesTooLateIsUndone() throws IOException {
        Descriptor fd = calls.open(file, LinuxCalls.O_RDWR);
        Arena arena = Arena.ofShared();
        arena.close();
        assertThatThrownBy(() -> calls.map(fd, false, 0, BYTES, arena)).isInstanceOf(IllegalStateException.class);
        assertThat(Files.readString(Path.of("/proc/self/maps"))).doesNotContain(file.toString());
        calls.close(fd);
    }

    @Test
    void namesThatAreNotPlainLettersAreThoseOfJava() throws IOException {
        Path named = Files.write(file.resolveSibling("schön 漢"), contents);
        Descriptor fd = calls.open(named, LinuxCalls.O_RDONLY);
        assertThat(calls.size(fd)).isEqualTo(BYTES);
        calls.close(fd);
    }

    @Test
    void whatTheSystemRefusesIsAnErrorThatSaysWhichFileAndWhy() throws IOException {
        assertThatThrownBy(() -> calls.open(file.resolveSibling("none"), LinuxCalls.O_RDONLY))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("none");
        assertThatThrownBy(() -> calls.open(file, LinuxCalls.O_RDWR | LinuxCalls.O_CREAT | LinuxCalls.O_EXCL))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThatThrownBy(() -> calls.open(file.resolveSibling("x".repeat(300)), LinuxCalls.O_RDONLY))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("File name too long");
        Descriptor fd = calls.open(file, LinuxCalls.O_RDONLY);
        for (ThrowingCallable call : new ThrowingCallable[] {
            () -> calls.allocate(fd, 2 * BYTES), () -> calls.write(fd, ByteBuffer.allocate(1), 0),
        }) {
            assertThatThrownBy(call)
                    .as("open for reading only")
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining("Bad file descriptor");
        }
        calls.close(fd);
        Descriptor none = new Descriptor(-1, file);
        for (ThrowingCallable call : new ThrowingCallable[] {
            () -> calls.close(none),
            () -> calls.read(none, ByteBuffer.allocate(1), 0, true),
            () -> calls.forceData(none),
            () -> calls.force(none),
            () -> calls.size(none),
            () -> calls.truncate(none, 1),
        }) {
            assertThatThrownBy(call).isInstanceOf(IOException.class).hasMessageContaining("Bad file descriptor");
        }
        assertThat(calls.readResident(none, ByteBuffer.allocate(1), 0, false)).isFalse();
    }

    @Test
    void aDeviceWithoutSpaceIsFull() throws IOException {
        Descriptor full = calls.open(Path.of("/dev/full"), LinuxCalls.O_RDWR);
        assertThatThrownBy(() -> calls.write(full, ByteBuffer.allocate(1), 0))
                .isInstanceOf(Trouble.DiskFullException.class)
                .hasMessageContaining("/dev/full: write: No space left on device");
        calls.close(full);
    }
}
