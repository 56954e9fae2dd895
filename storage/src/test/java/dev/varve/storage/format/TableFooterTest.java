package dev.varve.storage.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class TableFooterTest {

    private static final FileName TABLE = new FileName(FileKind.TABLE, 7);
    private static final long SIZE = 0x0102_0304L;
    private static final BlockHandle META = new BlockHandle(0x20_2122L, 0x3031);
    private static final BlockHandle ROOT = new BlockHandle(0x10_1112L, 0x4041);
    private static final TableFooter FOOTER = new TableFooter(META, 3, ROOT, 0x5152_5354_5556L);

    private static ByteBuffer footer() {
        return FOOTER.encode(7, SIZE).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void theBytesAreThoseOfTheTable() {
        ByteBuffer footer = footer();
        assertThat(Hex.of(footer, 0, 52))
                .isEqualTo("2221200000000000" + "31300000" + "03000000" + "1211100000000000" + "41400000" + "00000000"
                        + "5655545352510000" + "0403020100000000" + "00000000");
        assertThat(footer.getInt(52)).isEqualTo(Checksum.of(footer, 0, 52) ^ Checksum.salt(7, SIZE - 64));
        assertThat(Hex.of(footer, 56, 64)).isEqualTo("5641525645454e44");
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        assertThat(TableFooter.decode(footer(), TABLE, SIZE)).isEqualTo(FOOTER);
    }

    @Test
    void aFooterIsValidOnlyAtTheEndOfItsTable() {
        for (long size : new long[] {SIZE - 1, SIZE + 1, SIZE + 4096}) {
            assertThatThrownBy(() -> TableFooter.decode(footer(), TABLE, size))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining("the footer's checksum or size does not match");
        }
        assertThatThrownBy(() -> TableFooter.decode(footer(), new FileName(FileKind.TABLE, 8), SIZE))
                .isInstanceOf(CorruptionException.class);
    }

    @Test
    void everyFlippedBitIsNoticed() {
        for (int bit = 0; bit < 8 * TableFooter.BYTES; bit++) {
            ByteBuffer damaged = footer();
            damaged.put(bit / 8, (byte) (damaged.get(bit / 8) ^ (1 << (bit % 8))));
            assertThatThrownBy(() -> TableFooter.decode(damaged, TABLE, SIZE)).isInstanceOf(CorruptionException.class);
        }
    }

    @Test
    void aTableThatWasNotFinishedIsSaidToBe() {
        for (ByteBuffer bytes :
                new ByteBuffer[] {ByteBuffer.allocate(64), footer().limit(63), ByteBuffer.allocate(0)}) {
            assertThatThrownBy(() -> TableFooter.decode(bytes, TABLE, SIZE))
                    .hasMessageContaining("the table has no footer: it was not finished");
        }
    }

    @Test
    void blocksOutsideTheTableAndImpossibleLevelsAreRefused() {
        BlockHandle behind = new BlockHandle(SIZE - 64, 5);
        BlockHandle before = new BlockHandle(0, 64);
        for (TableFooter footer : new TableFooter[] {
            new TableFooter(behind, 1, ROOT, 1),
            new TableFooter(META, 1, behind, 1),
            new TableFooter(before, 1, ROOT, 1),
            new TableFooter(META, 1, new BlockHandle(64, -1), 1),
            new TableFooter(META, 0, ROOT, 1),
            new TableFooter(META, 9, ROOT, 1),
            new TableFooter(META, -1, ROOT, 1)
        }) {
            assertThatThrownBy(() -> TableFooter.decode(footer.encode(7, SIZE), TABLE, SIZE))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining("the footer points outside the table");
        }
    }
}
