package dev.varve.storage.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameCursorTest {

    private static final byte[] KEY = "key".getBytes(US_ASCII);
    private static final byte[] VALUE = "value".getBytes(US_ASCII);
    private static final byte[] NOTHING = new byte[0];
    private static final long SEGMENT = 9;
    private static final int BASE = 120;

    private static FrameEncoder frames() {
        return new FrameEncoder(64)
                .add(FrameKind.PUT, true, Frames.USER, KEY, VALUE)
                .add(FrameKind.DELETE, false, Frames.SYSTEM, KEY, NOTHING)
                .add(FrameKind.PUT, true, 300, NOTHING, NOTHING);
    }

    private static ByteBuffer salted(FrameEncoder frames) {
        ByteBuffer payload = frames.payload();
        for (int i = 0; i < frames.frames(); i++) {
            int at = frames.offset(i);
            payload.putInt(at, payload.getInt(at) ^ Checksum.salt(SEGMENT, BASE + at));
        }
        return payload;
    }

    /** A frame with whatever is wanted in its fields, and the right plain checksum. */
    private static ByteBuffer frame(int kind, int flags, int keyLength, int valueLength, int bytes) {
        ByteBuffer frame = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        frame.put(4, (byte) kind)
                .put(5, (byte) flags)
                .putShort(8, (short) keyLength)
                .putInt(10, valueLength);
        return frame.putInt(0, Checksum.of(frame, 4, bytes - 4));
    }

    private static void assertReads(FrameCursor cursor) throws Exception {
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.kind()).isEqualTo(FrameKind.PUT);
        assertThat(cursor.first()).isTrue();
        assertThat(cursor.keyspace()).isEqualTo(Frames.USER);
        assertThat(cursor.key()).isEqualTo(KEY);
        assertThat(cursor.value()).isEqualTo(VALUE);
        assertThat(cursor.offset()).isZero();
        assertThat(cursor.length()).isEqualTo(22);
        assertThat(cursor.keyOffset()).isEqualTo(14);
        assertThat(cursor.valueOffset()).isEqualTo(17);
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.kind()).isEqualTo(FrameKind.DELETE);
        assertThat(cursor.first()).isFalse();
        assertThat(cursor.keyspace()).isEqualTo(Frames.SYSTEM);
        assertThat(cursor.valueLength()).isZero();
        assertThat(cursor.offset()).isEqualTo(22);
        assertThat(cursor.isLast()).isFalse();
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.isLast()).isTrue();
        assertThat(cursor.keyspace()).isEqualTo(300);
        assertThat(cursor.keyLength()).isZero();
        assertThat(cursor.value()).isEmpty();
        assertThat(cursor.next()).isFalse();
        assertThat(cursor.next()).isFalse();
    }

    @Test
    void itWalksWhatWasEncoded() throws Exception {
        assertReads(FrameCursor.plain(frames().payload()));
        assertReads(FrameCursor.salted(salted(frames()), SEGMENT, BASE));
        assertReads(FrameCursor.trusted(salted(frames())));
    }

    /** A frame with a compressed value, as a value segment holds it. */
    private static ByteBuffer compressed(byte[] value, int originalLength) {
        byte[] target = new byte[Lz4.maxCompressedBytes(value.length)];
        int stored = Lz4.compress(value, 0, value.length, target, 0);
        int bytes = Frames.HEADER_BYTES + 4 + KEY.length + stored;
        ByteBuffer frame = frame(FrameKind.PUT, Frames.FIRST | Frames.LZ4, KEY.length, stored, bytes);
        frame.putInt(14, originalLength).put(18, KEY).put(18 + KEY.length, target, 0, stored);
        return frame.putInt(0, Checksum.of(frame, 4, bytes - 4) ^ Checksum.salt(SEGMENT, BASE));
    }

    @Test
    void aCompressedValueIsRestoredWhereItMayStand() throws Exception {
        byte[] value = new byte[300];
        FrameCursor frame = FrameCursor.stored(compressed(value, 300), new FileName(FileKind.LOG, SEGMENT), BASE);
        assertThat(frame.next()).isTrue();
        assertThat(frame.key()).isEqualTo(KEY);
        assertThat(frame.codec()).isEqualTo(Frames.LZ4);
        assertThat(frame.originalLength()).isEqualTo(300);
        assertThat(frame.originalValue()).isEqualTo(value);
        FrameCursor offHeap = FrameCursor.stored(
                ByteBuffer.allocateDirect(200).put(compressed(value, 300)).flip(),
                new FileName(FileKind.LOG, SEGMENT),
                BASE);
        assertThat(offHeap.next()).isTrue();
        assertThat(offHeap.originalValue()).isEqualTo(value);
        FrameCursor wrong = FrameCursor.stored(compressed(value, 299), new FileName(FileKind.LOG, SEGMENT), BASE);
        assertThat(wrong.next()).isTrue();
        assertThatThrownBy(wrong::originalValue)
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("a value cannot be decompressed");
    }

    @Test
    void theLogHasNoCompressedValues() {
        FrameCursor log = FrameCursor.salted(compressed(new byte[300], 300), SEGMENT, BASE);
        assertThatThrownBy(log::next).isInstanceOf(UnsupportedVersionException.class);
    }

    @Test
    void anEmptyPayloadHasNoFrame() throws Exception {
        assertThat(FrameCursor.plain(ByteBuffer.allocate(0)).next()).isFalse();
    }

    @Test
    void aFrameVerifiesOnlyWhereItWasWritten() {
        ByteBuffer payload = salted(frames());
        assertThatThrownBy(() -> FrameCursor.salted(payload, SEGMENT, BASE + 1).next())
                .isInstanceOf(CorruptionException.class)
                .hasMessage("0000000000000009.log is damaged at offset 121: a frame's checksum does not match");
        assertThatThrownBy(() -> FrameCursor.salted(payload, SEGMENT + 1, BASE).next())
                .isInstanceOf(CorruptionException.class);
        assertThatThrownBy(() -> FrameCursor.plain(payload).next()).isInstanceOf(CorruptionException.class);
    }

    @Test
    void everyFlippedBitOfAFrameIsNoticed() {
        ByteBuffer valid = new FrameEncoder(64)
                .add(FrameKind.PUT, true, Frames.USER, KEY, VALUE)
                .payload();
        for (int bit = 0; bit < 8 * valid.limit(); bit++) {
            ByteBuffer damaged =
                    ByteBuffer.allocate(valid.limit()).put(valid.duplicate()).flip();
            damaged.put(bit / 8, (byte) (damaged.get(bit / 8) ^ (1 << (bit % 8))));
            assertThatThrownBy(() -> FrameCursor.plain(damaged).next()).isInstanceOf(CorruptionException.class);
        }
    }

    @Test
    void aLengthThatLeadsOutOfThePayloadIsRefused() {
        for (ByteBuffer frame : new ByteBuffer[] {
            frame(0x81, 0, 0, 1, 14),
            frame(0x81, 0, 1, 0, 14),
            frame(0x81, 0, 65_535, 0, 14),
            frame(0x81, 0, 0, -1, 14),
            frame(0x81, 0, 1, -1, 14),
            frame(0x81, 0, 0, Integer.MAX_VALUE, 14),
            frame(0x81, 0, 0, Integer.MIN_VALUE, 14),
            frame(0x81, Frames.EXPIRES, 0, 0, 14),
            ByteBuffer.allocate(1),
            ByteBuffer.allocate(13)
        }) {
            assertThatThrownBy(() -> FrameCursor.plain(frame).next())
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining("a frame does not fit its record");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x80, 0x84, 0x86, 0xff})
    void aCriticalKindThatIsNotAppliedNeedsANewerVersion(int kind) {
        assertThatThrownBy(() -> FrameCursor.plain(frame(kind, 0, 0, 0, 14)).next())
                .isInstanceOf(UnsupportedVersionException.class)
                .hasMessageContaining("stands a frame of kind " + kind + " with flags 0");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8, 12, 16, 32, 64, 128, 255})
    void aFlagThatIsNotAppliedNeedsANewerVersion(int flags) {
        int bytes = Frames.HEADER_BYTES + Frames.extraBytes(flags);
        assertThatThrownBy(
                        () -> FrameCursor.plain(frame(0x81, flags, 0, 0, bytes)).next())
                .isInstanceOf(UnsupportedVersionException.class)
                .hasMessageContaining("with flags " + flags);
    }

    @Test
    void aKindThatMayBeSkippedIsWalked() throws Exception {
        FrameCursor cursor = FrameCursor.plain(frame(0x7f, Frames.FIRST, 0, 0, 14));
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.kind()).isEqualTo((byte) 0x7f);
        assertThat(cursor.first()).isTrue();
        assertThat(cursor.next()).isFalse();
    }

    @Test
    void expiryAndCodecStandBeforeTheKey() {
        assertThat(Frames.extraBytes(0)).isZero();
        assertThat(Frames.extraBytes(Frames.FIRST)).isZero();
        assertThat(Frames.extraBytes(Frames.EXPIRES)).isEqualTo(8);
        assertThat(Frames.extraBytes(4)).isEqualTo(4);
        assertThat(Frames.extraBytes(8)).isEqualTo(4);
        assertThat(Frames.extraBytes(Frames.EXPIRES | Frames.CODEC_MASK)).isEqualTo(12);
    }
}
