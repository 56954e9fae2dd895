package dev.varve.storage.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class LinuxCallsTest {

    private static final int NO_SUCH_FILE = 2;
    private static final int BAD_DESCRIPTOR = 9;

    /** More than is read at once. */
    private static final int BYTES = 200_000;

    private final LinuxCalls calls = Objects.requireNonNull(LinuxCalls.instance());
    private final byte[] contents = new byte[BYTES];
    private Path file;

    @BeforeEach
    void write(@TempDir Path directory) throws IOException {
        new Random(1).nextBytes(contents);
        file = Files.write(directory.resolve("f"), contents);
    }

    /** Reads until all is in memory, which it is after the first ordinary read. */
    private boolean read(int fd, ByteBuffer target, long position) throws IOException {
        Files.readAllBytes(file);
        return calls.readResident(fd, target, position);
    }

    @Test
    void whatIsInMemoryIsReadInPiecesIntoAnyBuffer() throws IOException {
        int fd = calls.open(file, false);
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
        int fd = calls.open(file, false);
        ByteBuffer tooLong = ByteBuffer.allocate(BYTES + 10).position(5);
        assertThat(read(fd, tooLong, 0)).isFalse();
        assertThat(tooLong.position()).isEqualTo(5);
        assertThat(read(fd, ByteBuffer.allocate(1), BYTES)).isFalse();
        assertThat(read(fd, ByteBuffer.allocate(0), BYTES)).isTrue();
        calls.close(fd);
    }

    @Test
    void blocksAreGivenWithoutChangingWhatIsThere() throws IOException {
        int fd = calls.open(file, true);
        if (calls.fallocate(fd, 2 * BYTES)) {
            byte[] found = Files.readAllBytes(file);
            assertThat(found).hasSize(2 * BYTES);
            assertThat(Arrays.equals(found, Arrays.copyOf(contents, 2 * BYTES))).isTrue();
        }
        assertThat(calls.fallocate(fd, 10)).isIn(true, false);
        assertThat(Files.size(file)).isGreaterThanOrEqualTo(BYTES);
        calls.close(fd);
    }

    @Test
    void whatTheSystemRefusesIsAnErrorWithItsNumber() throws IOException {
        assertThatThrownBy(() -> calls.open(file.resolveSibling("none"), false))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("none")
                .hasMessageContaining("errno " + NO_SUCH_FILE);
        int fd = calls.open(file, false);
        assertThatThrownBy(() -> calls.fallocate(fd, 2 * BYTES))
                .as("open for reading only")
                .isInstanceOf(IOException.class)
                .hasMessageContaining("errno " + BAD_DESCRIPTOR);
        calls.close(fd);
        assertThatThrownBy(() -> calls.close(-1)).isInstanceOf(IOException.class);
        assertThat(calls.readResident(-1, ByteBuffer.allocate(1), 0)).isFalse();
    }
}
