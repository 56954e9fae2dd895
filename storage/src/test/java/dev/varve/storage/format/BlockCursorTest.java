package dev.varve.storage.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockCursorTest {

    private static final FileName TABLE = new FileName(FileKind.TABLE, 7);
    private static final long OFFSET = 64;

    /** The payload of each entry is its number. */
    private static BlockCursor cursor(List<byte[]> keys) throws Exception {
        BlockBuilder builder = new BlockBuilder();
        for (int i = 0; i < keys.size(); i++) {
            ByteBuffer payload = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
            builder.add(keys.get(i), keys.get(i).length, payload.putInt(i).flip());
        }
        return new BlockCursor(BlockBuilder.open(builder.finish(7, OFFSET), TABLE, OFFSET), TABLE, OFFSET);
    }

    /** Keys 000, 002, 004 and so on: the odd ones lie between them. */
    private static List<byte[]> keys(int count) {
        List<byte[]> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            keys.add(key(2 * i));
        }
        return keys;
    }

    private static byte[] key(int i) {
        return "%03d".formatted(i).getBytes(US_ASCII);
    }

    private static boolean seek(BlockCursor cursor, byte[] target) throws CorruptionException {
        return cursor.seek(target, target.length);
    }

    private static void assertStandsOn(BlockCursor cursor, List<byte[]> keys, int number) {
        assertThat(Arrays.copyOf(cursor.keyBytes(), cursor.keyLength())).isEqualTo(keys.get(number));
        assertThat(cursor.payload().remaining()).isEqualTo(4);
        assertThat(cursor.payload().getInt()).isEqualTo(number);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 31, 32, 33, 100})
    void itWalksForwardsAndBackwards(int count) throws Exception {
        List<byte[]> keys = keys(count);
        BlockCursor cursor = cursor(keys);
        int walked = 0;
        for (boolean found = cursor.first(); found; found = cursor.next()) {
            assertStandsOn(cursor, keys, walked++);
        }
        assertThat(walked).isEqualTo(count);
        for (boolean found = cursor.last(); found; found = cursor.previous()) {
            assertStandsOn(cursor, keys, --walked);
        }
        assertThat(walked).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 31, 32, 33, 100})
    void itFindsTheFirstKeyThatIsAtLeastTheTarget(int count) throws Exception {
        List<byte[]> keys = keys(count);
        BlockCursor cursor = cursor(keys);
        for (int target = 0; target < 2 * count - 1; target++) {
            assertThat(seek(cursor, key(target))).isTrue();
            assertStandsOn(cursor, keys, (target + 1) / 2);
        }
        assertThat(seek(cursor, key(2 * count - 1))).isFalse();
        assertThat(seek(cursor, new byte[0])).isTrue();
        assertStandsOn(cursor, keys, 0);
    }

    @Test
    void itTurnsRoundAtEveryEntry() throws Exception {
        List<byte[]> keys = keys(50);
        BlockCursor cursor = cursor(keys);
        for (int i = 1; i < 49; i++) {
            assertThat(seek(cursor, keys.get(i))).isTrue();
            assertThat(cursor.previous()).isTrue();
            assertStandsOn(cursor, keys, i - 1);
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.next()).isTrue();
            assertStandsOn(cursor, keys, i + 1);
        }
    }

    @Test
    void ofEqualKeysTheFirstIsFoundEvenWhereARestartFallsAmongThem() throws Exception {
        List<byte[]> keys = new ArrayList<>(keys(10));
        for (int i = 0; i < 40; i++) {
            keys.add(key(500));
        }
        keys.add(key(501));
        BlockCursor cursor = cursor(keys);
        assertThat(seek(cursor, key(500))).isTrue();
        assertStandsOn(cursor, keys, 10);
        assertThat(cursor.previous()).isTrue();
        assertStandsOn(cursor, keys, 9);
        assertThat(seek(cursor, key(501))).isTrue();
        assertStandsOn(cursor, keys, 50);
        for (int i = 49; i >= 10; i--) {
            assertThat(cursor.previous()).isTrue();
            assertStandsOn(cursor, keys, i);
        }
    }

    @Test
    void bytesAreOrderedWithoutASignAndAPrefixComesFirst() throws Exception {
        List<byte[]> keys = List.of(
                new byte[0],
                new byte[] {0},
                new byte[] {0, 0},
                new byte[] {0x7f},
                new byte[] {(byte) 0x80},
                new byte[] {(byte) 0xff},
                new byte[] {(byte) 0xff, 0},
                new byte[] {(byte) 0xff, (byte) 0xff});
        BlockCursor cursor = cursor(keys);
        for (int i = 0; i < keys.size(); i++) {
            assertThat(seek(cursor, keys.get(i))).isTrue();
            assertStandsOn(cursor, keys, i);
        }
        assertThat(seek(cursor, new byte[] {0x7f, 1})).isTrue();
        assertStandsOn(cursor, keys, 4);
    }

    @Test
    void anEmptyBlockHasNoEntry() throws Exception {
        BlockCursor cursor = cursor(List.of());
        assertThat(cursor.first()).isFalse();
        assertThat(cursor.last()).isFalse();
        assertThat(seek(cursor, new byte[0])).isFalse();
    }

    @Test
    void aBlockWithoutItsRestartsIsRefused() {
        for (int restarts : new int[] {-1, 2, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            ByteBuffer block = block(8).putInt(4, restarts);
            assertThatThrownBy(() -> new BlockCursor(block, TABLE, OFFSET))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining("0000000000000007.table is damaged at offset 64")
                    .hasMessageContaining("it does not end in its restarts");
        }
        for (int size = 0; size < 4; size++) {
            ByteBuffer block = block(size);
            assertThatThrownBy(() -> new BlockCursor(block, TABLE, OFFSET)).isInstanceOf(CorruptionException.class);
        }
    }

    @Test
    void aRestartBeyondTheEntriesIsRefused() throws Exception {
        for (int restart : new int[] {-1, 5, Integer.MAX_VALUE}) {
            BlockCursor cursor = new BlockCursor(block(12).putInt(4, restart).putInt(8, 1), TABLE, OFFSET);
            assertThatThrownBy(cursor::last).hasMessageContaining("a restart points outside");
            assertThatThrownBy(() -> seek(cursor, key(1))).hasMessageContaining("a restart points outside");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1:0:0", "0:2:0", "0:0:2", "0:1:1", "0:127:127", "255:255:255"})
    void anEntryWhoseLengthsCannotBeIsRefused(String lengths) throws Exception {
        String[] parts = lengths.split(":", -1);
        ByteBuffer block = block(12);
        for (String part : parts) {
            block.put((byte) Integer.parseInt(part));
        }
        BlockCursor cursor = new BlockCursor(block.clear().putInt(8, 1), TABLE, OFFSET);
        assertThatThrownBy(cursor::first)
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("a block is not well formed");
        assertThatThrownBy(cursor::last).isInstanceOf(CorruptionException.class);
    }

    private static ByteBuffer block(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
