package dev.varve.storage.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BlockBuilderTest {

    private static final FileName TABLE = new FileName(FileKind.TABLE, 7);
    private static final long OFFSET = 4096;

    private final BlockBuilder builder = new BlockBuilder();

    private void add(String key, String payload) {
        byte[] bytes = key.getBytes(US_ASCII);
        builder.add(bytes, bytes.length, ByteBuffer.wrap(payload.getBytes(US_ASCII)));
    }

    private static ByteBuffer copy(ByteBuffer block) {
        return ByteBuffer.allocate(block.remaining()).put(block.duplicate()).flip();
    }

    @Test
    void aKeySharesItsFirstBytesWithTheOneBeforeIt() throws Exception {
        add("car", "1");
        add("carpet", "");
        add("cat", "22");
        ByteBuffer block = BlockBuilder.open(builder.finish(7, OFFSET), TABLE, OFFSET);
        assertThat(Hex.of(block))
                .isEqualTo("000301" + "636172" + "31" // car
                        + "030300" + "706574" // car-pet
                        + "020102" + "74" + "3232" // ca-t
                        + "00000000" + "01000000");
    }

    @Test
    void everySixteenthKeyIsWrittenOut() throws Exception {
        for (int i = 0; i < 33; i++) {
            add("key%02d".formatted(i), "");
        }
        ByteBuffer block = BlockBuilder.open(builder.finish(7, OFFSET), TABLE, OFFSET);
        int end = block.limit();
        assertThat(block.getInt(end - 4)).isEqualTo(3);
        for (int i = 0; i < 3; i++) {
            int restart = block.getInt(end - 16 + 4 * i);
            byte[] key = new byte[5];
            assertThat(block.get(restart)).isZero();
            block.get(restart + 3, key);
            assertThat(new String(key, US_ASCII)).isEqualTo("key%02d".formatted(16 * i));
        }
    }

    @Test
    void theSizeIsKnownBeforeItIsFinished() {
        assertThat(builder.sizeBytes()).isEqualTo(4);
        for (int i = 0; i < 100; i++) {
            add("key%02d".formatted(i), "payload");
            int size = builder.sizeBytes();
            if (i == 99) {
                assertThat(builder.finish(7, OFFSET).remaining()).isEqualTo(size + BlockBuilder.TRAILER_BYTES);
            }
        }
    }

    @Test
    void afterFinishingANewBlockBegins() {
        add("car", "1");
        String first = Hex.of(builder.finish(7, OFFSET));
        assertThat(builder.entries()).isZero();
        assertThat(builder.lastKey()).isEmpty();
        add("car", "1");
        assertThat(builder.entries()).isEqualTo(1);
        assertThat(builder.lastKey()).isEqualTo("car".getBytes(US_ASCII));
        assertThat(Hex.of(builder.finish(7, OFFSET))).isEqualTo(first);
    }

    @Test
    void theLastKeyIsACopyOfWhatWasAdded() {
        byte[] key = new byte[200];
        Arrays.fill(key, (byte) 'k');
        builder.add(key, 150, ByteBuffer.allocate(0));
        key[0] = 'x';
        assertThat(builder.lastKey()).hasSize(150).containsOnly('k');
    }

    @Test
    void emptyAndLargeKeysAndPayloadsAreTaken() throws Exception {
        byte[] key = new byte[70_000];
        builder.add(new byte[0], 0, ByteBuffer.allocate(0));
        builder.add(key, key.length, ByteBuffer.allocate(3 << 20));
        BlockCursor cursor =
                new BlockCursor(BlockBuilder.open(builder.finish(7, OFFSET), TABLE, OFFSET), TABLE, OFFSET);
        assertThat(cursor.first()).isTrue();
        assertThat(cursor.keyLength()).isZero();
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.keyLength()).isEqualTo(70_000);
        assertThat(cursor.payload().remaining()).isEqualTo(3 << 20);
    }

    @Test
    void aBlockVerifiesOnlyWhereItWasWritten() throws Exception {
        add("key", "value");
        ByteBuffer block = builder.finish(7, OFFSET);
        BlockBuilder.open(copy(block), TABLE, OFFSET);
        assertThatThrownBy(() -> BlockBuilder.open(copy(block), TABLE, OFFSET + 1))
                .isInstanceOf(CorruptionException.class)
                .hasMessage("0000000000000007.table is damaged at offset 4097: a block's checksum does not match");
        assertThatThrownBy(() -> BlockBuilder.open(copy(block), new FileName(FileKind.TABLE, 8), OFFSET))
                .isInstanceOf(CorruptionException.class);
    }

    @Test
    void everyFlippedBitIsNoticed() {
        add("key", "value");
        ByteBuffer block = builder.finish(7, OFFSET);
        for (int bit = 0; bit < 8 * block.remaining(); bit++) {
            ByteBuffer damaged = copy(block);
            damaged.put(bit / 8, (byte) (damaged.get(bit / 8) ^ (1 << (bit % 8))));
            assertThatThrownBy(() -> BlockBuilder.open(damaged, TABLE, OFFSET)).isInstanceOf(CorruptionException.class);
        }
    }

    @Test
    void whatIsShorterThanATrailerIsNoBlock() {
        for (int size = 0; size < BlockBuilder.TRAILER_BYTES; size++) {
            ByteBuffer bytes = ByteBuffer.allocate(size);
            assertThatThrownBy(() -> BlockBuilder.open(bytes, TABLE, OFFSET)).isInstanceOf(CorruptionException.class);
        }
    }

    @Test
    void aCodecThatIsNotKnownNeedsANewerVersion() {
        add("key", "value");
        ByteBuffer block = builder.finish(7, OFFSET);
        int codec = block.limit() - BlockBuilder.TRAILER_BYTES;
        block.put(codec, (byte) 2).putInt(codec + 1, Checksum.of(block, 0, codec + 1) ^ Checksum.salt(7, OFFSET));
        assertThatThrownBy(() -> BlockBuilder.open(block, TABLE, OFFSET))
                .isInstanceOf(UnsupportedVersionException.class)
                .hasMessageContaining("at offset 4096 has codec 2");
    }

    private void addCompressible() {
        for (int i = 0; i < 50; i++) {
            add("key%02d".formatted(i), "the same payload everywhere");
        }
    }

    @Test
    void aBlockIsCompressedWhereThatPays() throws Exception {
        addCompressible();
        ByteBuffer plain = BlockBuilder.open(copy(builder.finish(7, OFFSET)), TABLE, OFFSET);
        addCompressible();
        ByteBuffer stored = copy(builder.finishCompressed(7, OFFSET));
        assertThat(stored.remaining()).isLessThan(plain.remaining() / 2);
        assertThat(BlockBuilder.open(stored, TABLE, OFFSET)).isEqualTo(plain);
        ByteBuffer spare = ByteBuffer.allocateDirect(plain.remaining());
        assertThat(BlockBuilder.open(stored.clear(), TABLE, OFFSET, spare)).isSameAs(spare);
        assertThat(spare).isEqualTo(plain);
    }

    @Test
    void aBlockThatWouldHardlyBeSmallerIsNotCompressed() throws Exception {
        add("key", "value");
        ByteBuffer plain = copy(builder.finish(7, OFFSET));
        add("key", "value");
        assertThat(builder.finishCompressed(7, OFFSET)).isEqualTo(plain);
    }

    @Test
    void aBlockThatIsNotWhatItsLengthSaysIsDamaged() {
        addCompressible();
        ByteBuffer block = builder.finishCompressed(7, OFFSET);
        int codec = block.limit() - BlockBuilder.TRAILER_BYTES;
        int length = block.getInt(codec - 4);
        for (int wrong : new int[] {length - 1, length + 1, 0, -1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            ByteBuffer damaged = copy(block).order(block.order()).putInt(codec - 4, wrong);
            damaged.putInt(codec + 1, Checksum.of(damaged, 0, codec + 1) ^ Checksum.salt(7, OFFSET));
            assertThatThrownBy(() -> BlockBuilder.open(damaged, TABLE, OFFSET))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining("a block cannot be decompressed");
        }
    }
}
