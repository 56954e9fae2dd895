package dev.varve.storage.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordHeaderTest {

    private static final long SEGMENT = 9;
    private static final int OFFSET = 64;
    private static final RecordHeader HEADER = new RecordHeader(
            0x01020304,
            0x11121314,
            RecordType.CONFIGURATION,
            0x2122_2324_2526_2728L,
            0x3132_3334_3536_3738L,
            0x4142_4344_4546_4748L,
            0x5152_5354_5556_5758L,
            0x61626364,
            0x71727374);

    private static ByteBuffer written(RecordHeader header) {
        ByteBuffer bytes = ByteBuffer.allocate(RecordHeader.BYTES + 3).order(ByteOrder.LITTLE_ENDIAN);
        header.write(bytes, 3, SEGMENT, OFFSET);
        return bytes.slice(3, RecordHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The valid header with one byte changed, and a checksum that vouches for it. */
    private static ByteBuffer changed(int at, int value) {
        ByteBuffer bytes = written(HEADER).put(at, (byte) value);
        return bytes.putInt(0, Checksum.of(bytes, 4, RecordHeader.BYTES - 4) ^ Checksum.salt(SEGMENT, OFFSET));
    }

    @Test
    void theBytesAreThoseOfTheTable() {
        ByteBuffer bytes = written(HEADER);
        assertThat(Hex.of(bytes, 4, RecordHeader.BYTES))
                .isEqualTo("04030201" + "14131211" + "03" + "00" + "0000" + "2827262524232221" + "3837363534333231"
                        + "4847464544434241" + "5857565554535251" + "64636261" + "74737271");
        assertThat(bytes.getInt(0)).isEqualTo(Checksum.of(bytes, 4, 52) ^ Checksum.salt(SEGMENT, OFFSET));
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        assertThat(RecordHeader.read(written(HEADER), 0, SEGMENT, OFFSET)).isEqualTo(HEADER);
        for (RecordType type : RecordType.values()) {
            RecordHeader header = new RecordHeader(RecordHeader.BYTES, -1, type, -1, -1, -1, -1, -1, -1);
            assertThat(RecordHeader.read(written(header), 0, SEGMENT, OFFSET)).isEqualTo(header);
        }
    }

    @Test
    void aHeaderIsValidOnlyWhereItWasWritten() throws Exception {
        assertThat(RecordHeader.read(written(HEADER), 0, SEGMENT, OFFSET + 1)).isNull();
        assertThat(RecordHeader.read(written(HEADER), 0, SEGMENT + 1, OFFSET)).isNull();
    }

    @Test
    void everyFlippedBitIsNoticed() throws Exception {
        for (int bit = 0; bit < 8 * RecordHeader.BYTES; bit++) {
            ByteBuffer damaged = written(HEADER);
            damaged.put(bit / 8, (byte) (damaged.get(bit / 8) ^ (1 << (bit % 8))));
            assertThat(RecordHeader.read(damaged, 0, SEGMENT, OFFSET)).isNull();
        }
    }

    @Test
    void zeroesAndRecordsShorterThanTheirHeaderAreNone() throws Exception {
        assertThat(RecordHeader.read(ByteBuffer.allocate(56).order(ByteOrder.LITTLE_ENDIAN), 0, SEGMENT, OFFSET))
                .isNull();
        for (int length : new int[] {0, 55, -1, Integer.MIN_VALUE}) {
            RecordHeader header = new RecordHeader(length, 0, RecordType.NO_OP, 1, 1, 0, 1, 0, 0);
            assertThat(RecordHeader.read(written(header), 0, SEGMENT, OFFSET)).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8, 127, 128, 255})
    void aTypeThatIsNotKnownNeedsANewerVersion(int type) {
        assertThatThrownBy(() -> RecordHeader.read(changed(12, type), 0, SEGMENT, OFFSET))
                .isInstanceOf(UnsupportedVersionException.class)
                .hasMessage("0000000000000009.log needs a newer Varve: at offset 64 stands a record of type " + type
                        + " with flags 0");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 128, 255})
    void aFlagThatIsNotKnownNeedsANewerVersion(int flags) {
        assertThatThrownBy(() -> RecordHeader.read(changed(13, flags), 0, SEGMENT, OFFSET))
                .isInstanceOf(UnsupportedVersionException.class)
                .hasMessageContaining("a record of type 3 with flags " + flags);
    }
}
