package dev.varve.storage.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class FrameEncoderTest {

    private static final byte[] KEY = "key".getBytes(US_ASCII);
    private static final byte[] VALUE = "value".getBytes(US_ASCII);
    private static final byte[] NOTHING = new byte[0];

    private static byte[] bytes(ByteBuffer payload) {
        byte[] copy = new byte[payload.remaining()];
        payload.duplicate().get(copy);
        return copy;
    }

    @Test
    void theBytesAreThoseOfTheTable() {
        ByteBuffer payload = new FrameEncoder(64)
                .add(FrameKind.PUT, true, 0x0102, KEY, VALUE)
                .add(FrameKind.DELETE, false, Frames.SYSTEM, KEY, NOTHING)
                .payload();
        byte[] all = bytes(payload);
        assertThat(HexFormat.of().formatHex(all, 4, 22))
                .isEqualTo("81" + "01" + "0201" + "0300" + "05000000" + "6b6579" + "76616c7565");
        assertThat(HexFormat.of().formatHex(all, 26, 39))
                .isEqualTo("82" + "00" + "0100" + "0300" + "00000000" + "6b6579");
        assertThat(all).hasSize(39);
        assertThat(payload.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThat(payload.getInt(0)).isEqualTo(Checksum.of(all, 4, 18));
        assertThat(payload.getInt(22)).isEqualTo(Checksum.of(all, 26, 13));
    }

    @Test
    void itCountsFramesAndWritesAndKnowsWhereEachFrameBegins() {
        FrameEncoder frames = new FrameEncoder(0);
        for (int i = 0; i < 10; i++) {
            frames.add(FrameKind.PUT, i % 3 == 0, Frames.USER, KEY, new byte[i]);
        }
        assertThat(frames.frames()).isEqualTo(10);
        assertThat(frames.writes()).isEqualTo(4);
        int at = 0;
        for (int i = 0; i < 10; i++) {
            assertThat(frames.offset(i)).isEqualTo(at);
            at += Frames.HEADER_BYTES + KEY.length + i;
        }
        assertThat(frames.payload().remaining()).isEqualTo(at);
    }

    @Test
    void onlyAValueOfAUsersMakesTheStoreLarger() {
        FrameEncoder frames = new FrameEncoder(64)
                .add(FrameKind.DELETE, true, Frames.USER, KEY, NOTHING)
                .add(FrameKind.RANGE_DELETE, false, Frames.USER, KEY, VALUE)
                .add(FrameKind.PUT, false, Frames.SYSTEM, KEY, VALUE);
        assertThat(frames.addsData()).isFalse();
        frames.add(FrameKind.PUT, true, Frames.USER, KEY, VALUE).add(FrameKind.DELETE, true, Frames.USER, KEY, NOTHING);
        assertThat(frames.addsData()).isTrue();
    }

    @Test
    void whatWasAddedLaterDoesNotChangeAnEarlierPayload() {
        FrameEncoder frames = new FrameEncoder(1 << 10).add(FrameKind.PUT, true, Frames.USER, KEY, VALUE);
        ByteBuffer payload = frames.payload();
        byte[] before = bytes(payload);
        frames.add(FrameKind.PUT, true, Frames.USER, KEY, new byte[1 << 12]);
        assertThat(bytes(payload)).isEqualTo(before);
        assertThat(frames.payload().limit()).isGreaterThan(before.length);
    }

    @Test
    void theLongestKeyAndTheWidestKeyspaceAreKept() throws Exception {
        byte[] key = new byte[65_535];
        Arrays.fill(key, (byte) 0xff);
        FrameCursor frame = FrameCursor.plain(new FrameEncoder(16)
                .add(FrameKind.PUT, true, 65_535, key, VALUE)
                .payload());
        assertThat(frame.next()).isTrue();
        assertThat(frame.key()).isEqualTo(key);
        assertThat(frame.keyspace()).isEqualTo(65_535);
        assertThat(frame.value()).isEqualTo(VALUE);
    }

    @Test
    void whatDoesNotFitItsFieldIsRefusedBeforeAnythingIsAdded() {
        FrameEncoder frames = new FrameEncoder(16);
        assertThatThrownBy(() -> frames.add(FrameKind.PUT, true, Frames.USER, new byte[65_536], VALUE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a frame's key has 65536 bytes, at most 65535 are possible");
        for (int keyspace : new int[] {-1, 65_536}) {
            assertThatThrownBy(() -> frames.add(FrameKind.PUT, true, keyspace, KEY, VALUE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a frame's keyspace is " + keyspace + ", 0 to 65535 are possible");
        }
        assertThat(frames.frames()).isZero();
        assertThat(frames.payload().remaining()).isZero();
    }
}
