package dev.varve.storage.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.Checksum;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FrameReaderTest {

    private static final long ID = 7;
    private static final int OFFSET = 100;
    private static final int CAPACITY = 1 << 20;
    private static final byte[] KEY = "the key".getBytes(US_ASCII);

    @TempDir
    Path directory;

    private final FrameReader reader = new FrameReader();
    private final SegmentSet segments = new SegmentSet();
    private byte[] frame = new byte[0];

    @AfterEach
    void close() throws IOException {
        segments.close();
    }

    private static byte[] value(int length) {
        byte[] value = new byte[length];
        new Random(length).nextBytes(value);
        return value;
    }

    private Segment segment(byte kind, byte[] value) throws IOException {
        ByteBuffer payload =
                new FrameEncoder(64).add(kind, true, Frames.USER, KEY, value).payload();
        frame = new byte[payload.limit()];
        payload.get(0, frame);
        ByteBuffer salted = ByteBuffer.wrap(frame).order(payload.order());
        salted.putInt(0, salted.getInt(0) ^ Checksum.salt(ID, OFFSET));
        StoreFile file = DiskFileSystem.instance().create(directory.resolve("segment"));
        file.preallocate(CAPACITY);
        file.write(ByteBuffer.wrap(frame), OFFSET);
        return segments.add(new SegmentAllocator.Fresh(ID, file, CAPACITY));
    }

    private byte[] read(Segment segment, int length, Reach reach) throws IOException {
        byte[] found = reader.value(segment, OFFSET, KEY, Frames.NO_CODEC, length, length, reach);
        return found == null ? new byte[0] : found;
    }

    @ParameterizedTest
    @EnumSource
    void aValueOfAnyLengthIsRead(Reach reach) throws IOException {
        for (int length : new int[] {1, 100, 64 << 10, 200_000}) {
            byte[] value = value(length);
            Segment segment = segment(FrameKind.PUT, value);
            byte[] found = read(segment, length, reach);
            if (reach != Reach.MEMORY || found.length > 0) { // Without native access nobody knows what is in memory.
                assertThat(found).isEqualTo(value);
            }
            segment.close();
            DiskFileSystem.instance().delete(directory.resolve("segment"));
        }
    }

    @Test
    void aValueIsFoundInBytesThatWereReadBefore() throws IOException {
        byte[] value = value(300);
        Segment segment = segment(FrameKind.PUT, value);
        byte[] bytes = segment.readBytes(OFFSET - 10, frame.length + 20);
        assertThat(reader.valueIn(bytes, 10, segment, OFFSET, KEY, Frames.NO_CODEC, 300, 300))
                .isEqualTo(value);
    }

    @Test
    void everyFlippedBitIsNoticed() throws IOException {
        byte[] value = value(20);
        Segment segment = segment(FrameKind.PUT, value);
        for (int bit = 0; bit < 8 * frame.length; bit++) {
            byte[] damaged = frame.clone();
            damaged[bit / 8] ^= (byte) (1 << (bit % 8));
            segment.file().write(ByteBuffer.wrap(damaged), OFFSET);
            for (Reach reach : new Reach[] {Reach.MAPPING, Reach.DEVICE}) {
                assertThatThrownBy(() -> read(segment, 20, reach))
                        .as("bit %d", bit)
                        .isInstanceOf(CorruptionException.class)
                        .hasMessageContaining(segment.name().toString());
            }
        }
    }

    @Test
    void aFrameInAnotherPlaceOrOfAnotherKeyOrKindIsRefused() throws IOException {
        Segment segment = segment(FrameKind.PUT, value(20));
        assertThatThrownBy(() -> reader.value(segment, OFFSET + 1, KEY, Frames.NO_CODEC, 20, 20, Reach.DEVICE))
                .hasMessageContaining("here should stand a frame of");
        byte[] other = "the kez".getBytes(US_ASCII);
        assertThatThrownBy(() -> reader.value(segment, OFFSET, other, Frames.NO_CODEC, 20, 20, Reach.DEVICE))
                .hasMessageContaining("here stands another change than the index says");
        assertThatThrownBy(() -> reader.value(segment, CAPACITY - 10, KEY, Frames.NO_CODEC, 20, 20, Reach.DEVICE))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("would end behind");
    }

    @Test
    void aDeletionIsNoValue() throws IOException {
        Segment segment = segment(FrameKind.DELETE, new byte[0]);
        assertThatThrownBy(() -> read(segment, 0, Reach.DEVICE))
                .hasMessageContaining("here stands another change than the index says");
    }

    /** As when the device fails under a mapping: the JVM gets a signal, and the reader an exception that it knows. */
    @Test
    void aMappedPageThatCannotBeReadIsAnErrorOfTheReader() throws IOException {
        Segment segment = segment(FrameKind.PUT, value(10_000));
        assertThat(read(segment, 10_000, Reach.DEVICE)).hasSize(10_000);
        try (StoreFile other = DiskFileSystem.instance().open(directory.resolve("segment"))) {
            other.truncate(0);
        }
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> read(segment, 10_000, Reach.DEVICE))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(segment.name() + " cannot be read at offset " + OFFSET);
        }
    }
}
