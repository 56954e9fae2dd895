package dev.varve.storage.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileHeaderTest {

    private static final StoreId STORE = new StoreId(0x0102_0304_0506_0708L, 0x1112_1314_1516_1718L);
    private static final FileName NAME = new FileName(FileKind.TABLE, 0x2122_2324_2526_2728L);

    private static ByteBuffer header() {
        return new FileHeader(NAME.kind(), STORE, NAME.id(), 0x3132_3334L)
                .encode()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer withChecksum(ByteBuffer header) {
        return header.putInt(60, Checksum.of(header, 0, 60));
    }

    @Test
    void theBytesAreThoseOfTheTable() {
        ByteBuffer header = header();
        assertThat(header.remaining()).isEqualTo(FileHeader.BYTES);
        assertThat(Hex.of(header, 0, 60))
                .isEqualTo("56415256450d0a1a" + "02000000" + "0200" + "0200" + "0807060504030201" + "1817161514131211"
                        + "2827262524232221" + "3433323100000000" + "00".repeat(12));
        assertThat(header.getInt(60)).isEqualTo(Checksum.of(header, 0, 60));
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        assertThat(FileHeader.check(header(), NAME, STORE))
                .isEqualTo(new FileHeader(NAME.kind(), STORE, NAME.id(), 0x3132_3334L));
        for (FileKind kind : FileKind.values()) {
            FileHeader header = new FileHeader(kind, new StoreId(-1, Long.MIN_VALUE), -1);
            assertThat(header.preallocatedBytes()).isZero();
            assertThat(FileHeader.decode(header.encode(), new FileName(kind, -1)))
                    .isEqualTo(header);
        }
    }

    @Test
    void theHeaderOfAnotherFileIsRefused() {
        assertThatThrownBy(() -> FileHeader.decode(header(), new FileName(FileKind.TABLE, NAME.id() + 1)))
                .isInstanceOf(CorruptionException.class)
                .hasMessage("2122232425262729.table is damaged at offset 8: the header is that of another file");
        assertThatThrownBy(() -> FileHeader.decode(header(), new FileName(FileKind.LOG, NAME.id())))
                .isInstanceOf(CorruptionException.class);
    }

    @Test
    void theHeaderOfAnotherStoreIsRefused() {
        assertThatThrownBy(() -> FileHeader.check(header(), NAME, new StoreId(STORE.high(), 1)))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("it belongs to store 01020304050607081112131415161718, not to "
                        + "01020304050607080000000000000001");
        assertThatThrownBy(() -> FileHeader.check(header(), NAME, new StoreId(1, STORE.low())))
                .isInstanceOf(CorruptionException.class);
    }

    @Test
    void aFileThatOnlyNewerVersionsReadIsRefusedAsSuch() {
        ByteBuffer newer = withChecksum(header().putShort(12, (short) 4).putShort(14, (short) 3));
        assertThatThrownBy(() -> FileHeader.decode(newer, NAME))
                .isInstanceOf(UnsupportedVersionException.class)
                .hasMessage(NAME + " needs a newer Varve: its format is version 4, this program reads up to version 2");
    }

    @Test
    void aFileOfANewerVersionThatOlderOnesMayReadIsRead() throws Exception {
        ByteBuffer newer = withChecksum(header().putShort(12, (short) 0xffff));
        assertThat(FileHeader.decode(newer, NAME).fileId()).isEqualTo(NAME.id());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 8, 12, 14, 16, 31, 32, 40, 48, 59, 60, 63})
    void aFlippedBitIsNoticed(int at) {
        ByteBuffer damaged = header();
        damaged.put(at, (byte) (damaged.get(at) ^ 0x10));
        assertThatThrownBy(() -> FileHeader.decode(damaged, NAME))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining(NAME.toString());
    }

    @Test
    void aFileThatEndsTooEarlyIsNamed() {
        assertThatThrownBy(() -> FileHeader.decode(header().limit(63), NAME))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("at offset 63: the file ends within its header of 64 bytes");
        assertThatThrownBy(() -> FileHeader.decode(ByteBuffer.allocate(0), NAME))
                .isInstanceOf(CorruptionException.class);
        assertThatThrownBy(() -> FileHeader.decode(ByteBuffer.allocate(64), NAME))
                .hasMessageContaining("this is not a file of Varve");
    }
}
