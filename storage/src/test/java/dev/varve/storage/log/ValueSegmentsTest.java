package dev.varve.storage.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.io.DiskFileSystem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValueSegmentsTest {

    private static final StoreId STORE = new StoreId(1, 2);
    private static final int SEGMENT_BYTES = 10_000;

    @TempDir
    Path directory;

    private SegmentSet segments = new SegmentSet();
    private ValueSegments values = values();
    private long ids = 100;

    @BeforeEach
    void open() {
        segments = new SegmentSet();
        values = values();
    }

    @AfterEach
    void close() throws IOException {
        segments.close();
    }

    private ValueSegments values() {
        return new ValueSegments(DiskFileSystem.instance(), directory, STORE, () -> ids++, SEGMENT_BYTES, segments);
    }

    private static byte[] random(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] halfRandom(int seed, int length) {
        byte[] bytes = random(seed, length);
        Arrays.fill(bytes, length / 2, length, (byte) 7);
        return bytes;
    }

    private static FrameCursor frame(String key, byte[] value) throws Exception {
        FrameCursor frame = FrameCursor.plain(new FrameEncoder(64)
                .add(FrameKind.PUT, true, Frames.USER, key.getBytes(US_ASCII), value)
                .payload());
        assertThat(frame.next()).isTrue();
        return frame;
    }

    private FrameCursor read(MovedValue moved, String key) throws Exception {
        Segment segment = segments.get(LogPosition.segmentNumber(moved.position()));
        int length = Frames.HEADER_BYTES + Frames.extraBytes(moved.codec()) + key.length() + moved.storedLength();
        return frame(segment, LogPosition.offset(moved.position()), length);
    }

    private static FrameCursor frame(Segment segment, int offset, int length) throws Exception {
        segment.requireBytes(offset, length);
        FrameCursor frame =
                FrameCursor.stored(ByteBuffer.wrap(segment.readBytes(offset, length)), segment.name(), offset);
        assertThat(frame.next()).isTrue();
        return frame;
    }

    private Path path(long id) {
        return directory.resolve(new FileName(FileKind.VALUES, id).toString());
    }

    @Test
    void aValueIsCompressedWhereThatPaysAndComesBackAsItWas() throws Exception {
        ValueRunWriter run = values.newRun();
        byte[] half = halfRandom(1, 1000);
        byte[] noise = random(2, 1000);
        MovedValue first = run.add(frame("a", half));
        MovedValue second = run.add(frame("b", noise));
        MovedValue third = run.add(frame("c", new byte[0]));
        List<ValueSegmentInfo> infos = run.finish();
        assertThat(infos).hasSize(1);
        assertThat(infos.getFirst().sizeBytes()).isEqualTo(Files.size(path(100)));
        assertThat(infos.getFirst().originalBytes()).isEqualTo(3 * 15 + 2000);
        assertThat(first.codec()).isEqualTo(Frames.LZ4);
        assertThat(first.storedLength()).isBetween(500, 600);
        assertThat(second).isEqualTo(new MovedValue(second.position(), Frames.NO_CODEC, 1000));
        assertThat(third.storedLength()).isZero();
        assertThat(read(first, "a").originalValue()).isEqualTo(half);
        assertThat(read(second, "b").originalValue()).isEqualTo(noise);
        assertThat(read(second, "b").plainChecksum())
                .as("of what was logged")
                .isEqualTo(frame("b", noise).plainChecksum());
        assertThat(read(third, "c").originalValue()).isEmpty();
    }

    @Test
    void aCompressedValueIsMovedAgainAsItIs() throws Exception {
        ValueRunWriter run = values.newRun();
        byte[] half = halfRandom(1, 1000);
        MovedValue first = run.add(frame("a", half));
        run.finish();
        ValueRunWriter next = values.newRun();
        MovedValue again = next.add(read(first, "a"));
        assertThat(next.finish().getFirst().originalBytes()).isEqualTo(15 + 1000);
        assertThat(again.codec()).isEqualTo(Frames.LZ4);
        assertThat(again.storedLength()).isEqualTo(first.storedLength());
        assertThat(read(again, "a").originalValue()).isEqualTo(half);
        assertThat(read(again, "a").first()).isTrue();
    }

    @Test
    void aRunGoesOnInAnotherFileWhenOneIsFull() throws Exception {
        ValueRunWriter run = values.newRun();
        for (int i = 0; i < 25; i++) {
            run.add(frame("k", random(i, 1000)));
        }
        assertThat(run.finish())
                .hasSize(3)
                .allSatisfy(info -> assertThat(info.sizeBytes()).isBetween(5000L, SEGMENT_BYTES + 2000L));
        assertThat(segments.ofLog()).isEmpty();
        assertThat(segments.all()).hasSize(3);
    }

    @Test
    void aValueLargerThanASegmentHasOneOfItsOwn() throws Exception {
        ValueRunWriter run = values.newRun();
        byte[] large = random(1, 3_000_000);
        run.add(frame("a", random(2, 10)));
        MovedValue moved = run.add(frame("b", large));
        run.add(frame("c", random(3, 10)));
        assertThat(run.finish()).hasSize(2);
        assertThat(read(moved, "b").originalValue()).isEqualTo(large);
    }

    @Test
    void whatIsAbandonedLeavesNothingBehind() throws Exception {
        ValueRunWriter run = values.newRun();
        for (int i = 0; i < 25; i++) {
            run.add(frame("k", random(i, 1000)));
        }
        run.abandon();
        assertThat(segments.all()).isEmpty();
        assertThat(directory).isEmptyDirectory();
        assertThat(values.newRun().finish()).isEmpty();
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void whatIsOpenedAgainIsReadAndWhatIsDamagedSaysSo() throws Exception {
        ValueRunWriter run = values.newRun();
        MovedValue moved = run.add(frame("a", random(1, 1000)));
        ValueSegmentInfo info = run.finish().getFirst();
        segments.close();
        open();
        values.open(List.of(info));
        int offset = LogPosition.offset(moved.position());
        Segment segment = Objects.requireNonNull(segments.find(info.id()));
        assertThat(segment.isLog()).isFalse();
        assertThat(segment.end()).isEqualTo((int) info.sizeBytes());
        FrameCursor frame = frame(segment, offset, 1015);
        assertThat(frame.originalValue()).isEqualTo(random(1, 1000));
        assertThatThrownBy(() -> segment.requireBytes(offset, info.sizeBytes()))
                .as("beyond the end")
                .isInstanceOf(CorruptionException.class);

        ValueSegmentInfo longer = new ValueSegmentInfo(info.id(), info.sizeBytes() + 1, 0);
        ValueSegmentInfo missing = new ValueSegmentInfo(77, 100, 0);
        for (ValueSegmentInfo wrong : List.of(longer, missing)) {
            SegmentSet others = new SegmentSet();
            new ValueSegments(DiskFileSystem.instance(), directory, STORE, () -> 1, SEGMENT_BYTES, others)
                    .open(List.of(wrong));
            assertThatThrownBy(() -> others.get(0).readBytes(offset, 20))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining(new FileName(FileKind.VALUES, wrong.id()).toString());
            others.close();
        }
    }
}
