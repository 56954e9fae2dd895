package dev.varve.storage.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ValueSegmentFooterTest {

    private static final FileName NAME = new FileName(FileKind.VALUES, 7);
    private static final long SIZE = 1000;

    private static ByteBuffer footer() {
        return new ValueSegmentFooter(5).encode(NAME.id(), SIZE);
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        assertThat(footer().remaining()).isEqualTo(ValueSegmentFooter.BYTES);
        assertThat(ValueSegmentFooter.decode(footer(), NAME, SIZE)).isEqualTo(new ValueSegmentFooter(5));
    }

    @Test
    void everyFlippedBitIsNoticed() {
        for (int bit = 0; bit < 8 * ValueSegmentFooter.BYTES; bit++) {
            ByteBuffer damaged = footer();
            damaged.put(bit / 8, (byte) (damaged.get(bit / 8) ^ 1 << bit % 8));
            assertThatThrownBy(() -> ValueSegmentFooter.decode(damaged, NAME, SIZE))
                    .isInstanceOf(CorruptionException.class);
        }
    }

    @Test
    void theFooterOfAnotherFileOrPlaceIsNotTaken() {
        FileName other = new FileName(FileKind.VALUES, 8);
        assertThatThrownBy(() -> ValueSegmentFooter.decode(footer(), other, SIZE))
                .isInstanceOf(CorruptionException.class);
        assertThatThrownBy(() -> ValueSegmentFooter.decode(footer(), NAME, SIZE + 1))
                .isInstanceOf(CorruptionException.class);
        assertThatThrownBy(() -> ValueSegmentFooter.decode(footer().limit(31), NAME, SIZE))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("it was not finished");
    }
}
