package dev.varve.storage.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.InterceptedFiles;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentTest {

    private static final long ID = 0x7_0000_0001L;
    private static final int AT = 64;

    private final List<String> calls = new ArrayList<>();
    private @Nullable IOException syncFailure;
    private StoreFile file;
    private Segment segment;

    @BeforeEach
    void create(@TempDir Path directory) throws IOException {
        file = InterceptedFiles.wrap(DiskFileSystem.instance().create(directory.resolve("f")), (method, bytes) -> {
            calls.add(method);
            if (method.equals("sync") && syncFailure != null) {
                throw syncFailure;
            }
        });
        segment = new Segment(FileKind.LOG, 0, ID, file, 4_096);
    }

    @AfterEach
    void close() throws IOException {
        segment.close();
    }

    /** Writes the frame of a put at an offset, salted for it, and returns its length. */
    private int writeFrame(int offset) throws IOException {
        ByteBuffer frame = TestLog.put(1, 1, "key", new byte[] {1, 2, 3}).payload();
        ByteBuffer bytes = ByteBuffer.allocate(frame.limit()).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(frame.duplicate()).flip();
        LogWriter.salt(bytes, 0, bytes.limit(), ID, offset);
        file.write(bytes, offset);
        segment.written(offset + frame.limit());
        return frame.limit();
    }

    /** Reads the value of the frame at an offset. */
    private byte[] value(int offset, int length) throws IOException {
        byte[] key = "key".getBytes(US_ASCII);
        return Objects.requireNonNull(
                new FrameReader().value(segment, offset, key, Frames.NO_CODEC, length, length, Reach.DEVICE));
    }

    private long syncs() {
        return calls.stream().filter("sync"::equals).count();
    }

    @Test
    void onlyWhatIsNewIsForced() throws IOException {
        assertThat(segment.force()).isFalse();
        int length = writeFrame(AT);
        assertThat(segment.durableEnd()).isEqualTo(AT);
        assertThat(segment.force()).isTrue();
        assertThat(segment.durableEnd()).isEqualTo(segment.end()).isEqualTo(AT + length);
        assertThat(segment.force()).isFalse();
        assertThat(syncs()).isEqualTo(1);
    }

    @Test
    void aForceThatFailedIsNeverTriedAgain() throws IOException {
        writeFrame(AT);
        syncFailure = new IOException("Input/output error");
        assertThatThrownBy(segment::force).isSameAs(syncFailure);
        syncFailure = null;
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(segment::force)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(segment.name().toString())
                    .hasMessageContaining("Input/output error");
        }
        assertThat(segment.durableEnd()).isEqualTo(AT);
        assertThat(syncs()).isEqualTo(1);
    }

    @Test
    void theSystemMayLetGoOfItOnceItIsCompleteAndOnTheDevice() throws IOException {
        writeFrame(AT);
        segment.force();
        assertThat(calls).doesNotContain("expectSeldomReads");
        int length = writeFrame(AT + 200);
        segment.seal();
        assertThat(calls).doesNotContain("expectSeldomReads");
        segment.forced(AT + 200 + length);
        assertThat(calls).contains("expectSeldomReads");
        calls.clear();
        segment.finish(AT + 200 + length);
        assertThat(calls).contains("expectSeldomReads");
    }

    @Test
    void aFrameIsReadAndVerifiedByItself() throws IOException {
        writeFrame(AT);
        assertThat(value(AT, 3)).containsExactly(1, 2, 3);
    }

    @Test
    void aFrameThatStandsElsewhereDoesNotPass() throws IOException {
        int length = writeFrame(AT);
        ByteBuffer frame = ByteBuffer.allocate(length);
        file.read(frame, AT);
        file.write(frame.flip(), 500);
        assertThatThrownBy(() -> value(500, 3))
                .isInstanceOfSatisfying(
                        CorruptionException.class, e -> assertThat(e.offset()).isEqualTo(500));
    }

    @Test
    void anotherLengthThanTheIndexRemembersIsDamage() throws IOException {
        int length = writeFrame(AT);
        file.write(ByteBuffer.allocate(100), AT + length);
        for (int wrong : new int[] {0, 2, 4, 60}) {
            assertThatThrownBy(() -> value(AT, wrong))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining(segment.name().toString());
        }
    }

    @Test
    void aFileThatEndsWithinAValueIsDamage() throws IOException {
        int length = writeFrame(AT);
        file.truncate(AT + length - 1);
        assertThatThrownBy(() -> value(AT, 3))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("ends within a value");
    }

    @Test
    void whatNothingProvesToBeOnTheDeviceIsWrittenOnceMore() throws IOException {
        writeFrame(AT);
        calls.clear();
        segment.forceAgain(AT);
        assertThat(calls).containsSubsequence("read", "write", "sync");
        assertThat(segment.durableEnd()).isEqualTo(segment.end());
        assertThat(value(AT, 3)).containsExactly(1, 2, 3);
    }

    @Test
    void aFileThatEndsWithinTheLogIsNotWrittenOnceMore() throws IOException {
        writeFrame(AT);
        file.truncate(segment.end() - 1);
        calls.clear();
        assertThatThrownBy(() -> segment.forceAgain(AT)).isInstanceOf(CorruptionException.class);
        assertThat(calls).doesNotContain("write", "sync");
    }
}
