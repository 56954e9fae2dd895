package dev.varve.storage.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockSearchTest {

    private static final FileName TABLE = new FileName(FileKind.TABLE, 7);

    /** Where in a larger buffer the block stands. */
    private static final int BASE = 37;

    private final Random random = new Random(3);
    private final BlockSearch search = new BlockSearch();

    /** The payload of each entry is its number. */
    private static byte[] block(List<byte[]> keys, int restartInterval) throws Exception {
        BlockBuilder builder = new BlockBuilder(restartInterval);
        for (int i = 0; i < keys.size(); i++) {
            ByteBuffer payload = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
            builder.add(keys.get(i), keys.get(i).length, payload.putInt(i).flip());
        }
        ByteBuffer block = BlockBuilder.open(builder.finish(7, 0), TABLE, 0);
        byte[] bytes = new byte[block.remaining()];
        block.get(bytes);
        return bytes;
    }

    private boolean seek(byte[] block, byte[] target) {
        ByteBuffer around = ByteBuffer.allocateDirect(block.length + 2 * BASE).order(ByteOrder.LITTLE_ENDIAN);
        around.put(BASE, block);
        return search.seek(around, BASE, block.length, target, target.length);
    }

    private byte[] randomKey() {
        byte[] key = new byte[random.nextInt(24)];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) (random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(2) * 255);
        }
        return key;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 16})
    void itFindsWhatACursorFinds(int restartInterval) throws Exception {
        for (int round = 0; round < 200; round++) {
            TreeSet<byte[]> sorted = new TreeSet<>(Arrays::compareUnsigned);
            for (int i = random.nextInt(60); i >= 0; i--) {
                sorted.add(randomKey());
            }
            byte[] block = block(List.copyOf(sorted), restartInterval);
            BlockCursor cursor = new BlockCursor(ByteBuffer.wrap(block), TABLE, 0);
            for (int i = 0; i < 50; i++) {
                byte[] target = i % 2 == 0 ? randomKey() : sorted.higher(randomKey());
                if (target == null) {
                    continue;
                }
                boolean found = seek(block, target);
                assertThat(found).isEqualTo(cursor.seek(target, target.length));
                if (found) {
                    assertThat(search.payload()).isEqualTo(cursor.payload());
                    assertThat(search.isExact()).isEqualTo(sorted.contains(target));
                    assertThat(search.isLast()).isEqualTo(sorted.higher(sorted.ceiling(target)) == null);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 16})
    void itWalksOverTheVersionsOfTheKeyAndNoFurther(int restartInterval) throws Exception {
        byte[] key = {5, 6};
        List<byte[]> keys = new ArrayList<>(List.of(new byte[] {5}, new byte[] {5, 5}));
        for (int i = 0; i < 20; i++) {
            keys.add(key);
        }
        keys.add(new byte[] {5, 6, 0});
        byte[] block = block(keys, restartInterval);
        assertThat(seek(block, key)).isTrue();
        for (int number = 2; number < 22; number++) {
            assertThat(search.isExact()).isTrue();
            assertThat(search.payload().getInt()).isEqualTo(number);
            assertThat(search.nextVersion()).isEqualTo(number < 21);
        }
        assertThat(search.isExact()).isFalse();
    }

    @Test
    void anEmptyBlockHasNothing() throws Exception {
        assertThat(seek(block(List.of(), 4), new byte[] {1})).isFalse();
    }

    /** A frame of the cache may be given to another block while it is searched: any bytes may come. */
    @Test
    void arbitraryBytesEndInAnAnswerOrInAnErrorThatIsForeseen() throws Exception {
        List<byte[]> keys = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            keys.add(new byte[] {(byte) i, 1, 2, 3});
        }
        byte[] valid = block(keys, 4);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = valid.clone();
            for (int n = random.nextInt(30); n >= 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                byte[] target = keys.get(random.nextInt(keys.size()));
                boolean found = seek(bytes, target);
                for (int n = 0; found && n < keys.size(); n++) {
                    assertThat(search.payload().remaining()).isLessThanOrEqualTo(bytes.length);
                    found = search.nextVersion();
                }
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void aBlockWithoutItsRestartsIsRefused() {
        assertThatThrownBy(() -> seek(new byte[] {1, 2, 3}, new byte[0]))
                .hasMessageContaining("it does not end in its restarts");
        assertThatThrownBy(() -> seek(new byte[] {0, 0, 0, 0, 9, 0, 0, 0}, new byte[0]))
                .hasMessageContaining("it does not end in its restarts");
        assertThatThrownBy(() -> seek(new byte[] {0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0}, new byte[0]))
                .hasMessageContaining("a restart points outside");
    }
}
