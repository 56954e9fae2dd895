package dev.varve.storage.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.Frames;
import dev.varve.storage.format.Hex;
import dev.varve.storage.log.LogPosition;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntryCodecTest {

    /** Numbers of segments in this process, by their number in the dictionary. */
    private static final int[] SEGMENTS = {40, 41};

    private static ByteBuffer encoded(IndexEntry entry, int segment) {
        int value = entry.value() == null ? 0 : entry.value().length;
        ByteBuffer target =
                ByteBuffer.allocate(EntryCodec.MAX_FIXED_BYTES + value).order(ByteOrder.LITTLE_ENDIAN);
        EntryCodec.put(target, entry, segment, LogPosition.offset(entry.position()));
        return target.flip();
    }

    private static IndexEntry pointer(long revision, int offset, int valueLength, int checksum) {
        return new IndexEntry(
                EntryKind.POINTER, revision, LogPosition.of(SEGMENTS[1], offset), valueLength, checksum, null);
    }

    @Test
    void theBytesAreThoseOfTheGrammar() {
        assertThat(Hex.of(encoded(pointer(300, 200, 5, 0x01020304), 1)))
                .isEqualTo("0100" + "ac02" + "01" + "c801" + "05" + "04030201");
        IndexEntry inline = new IndexEntry(EntryKind.INLINE, 7, 0, 2, 0x01020304, new byte[] {8, 9});
        assertThat(Hex.of(encoded(inline, 0))).isEqualTo("0200" + "07" + "04030201" + "0809");
        assertThat(Hex.of(encoded(new IndexEntry(EntryKind.TOMBSTONE, 7, 0, 0, 0, null), 0)))
                .isEqualTo("0300" + "07");
    }

    @Test
    void aPointerComesBackWithTheSegmentsNumberOfThisProcess() {
        for (IndexEntry entry : new IndexEntry[] {
            pointer(0, 0, 0, 0),
            pointer(1, 120, 3, -1),
            pointer(Long.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MIN_VALUE)
        }) {
            ByteBuffer payload = encoded(entry, 1);
            assertThat(EntryCodec.revision(payload.duplicate())).isEqualTo(entry.revision());
            assertThat(EntryCodec.get(payload, SEGMENTS)).isEqualTo(entry);
        }
    }

    @Test
    void aPointerToACompressedValueSaysHowLongItIsInItsPlace() {
        IndexEntry moved = pointer(300, 7, 500, 0x01020304).movedTo(LogPosition.of(SEGMENTS[1], 200), Frames.LZ4, 90);
        assertThat(Hex.of(encoded(moved, 1))).isEqualTo("0104" + "ac02" + "01" + "c801" + "f403" + "04030201" + "5a");
        assertThat(EntryCodec.get(encoded(moved, 1), SEGMENTS)).isEqualTo(moved);
        assertThat(moved.frameBytes(3)).isEqualTo(14 + 4 + 3 + 90);
        assertThat(pointer(300, 7, 500, 1).frameBytes(3)).isEqualTo(14 + 3 + 500);
    }

    @Test
    void anInlineValueComesBackWithoutItsPlace() {
        for (byte[] value : new byte[][] {{}, {1}, new byte[4096]}) {
            IndexEntry entry = new IndexEntry(EntryKind.INLINE, 9, LogPosition.of(40, 64), value.length, 77, value);
            IndexEntry read = EntryCodec.get(encoded(entry, 0), SEGMENTS);
            assertThat(read.value()).isEqualTo(value);
            assertThat(read.valueLength()).isEqualTo(value.length);
            assertThat(read.checksum()).isEqualTo(77);
            assertThat(read.revision()).isEqualTo(9);
            assertThat(read.position()).isZero();
        }
    }

    @Test
    void aTombstoneIsOne() {
        IndexEntry tombstone = new IndexEntry(EntryKind.TOMBSTONE, 12, 0, 0, 0, null);
        assertThat(EntryCodec.get(encoded(tombstone, 0), SEGMENTS)).isEqualTo(tombstone);
        assertThat(tombstone.isTombstone()).isTrue();
        assertThat(IndexEntry.COLD.isTombstone()).isFalse();
        assertThat(IndexEntry.COLD.isCold()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "000007", // kind 0
                "040007", // kind 4
                "ff0007", // kind 255
                "010807" + "00" + "05" + "05" + "04030201" + "04", // a codec that is not known
                "020107", // flags
                "020407" + "04030201" + "0809", // a codec where there is no pointer
                "010407" + "00" + "05" + "05" + "04030201" + "06", // longer compressed than it is
                "01000702000504030201", // a segment that the dictionary does not have
                "010007008080808008" + "05" + "04030201", // an offset beyond every segment
                "010007" + "00" + "05" + "8080808008" + "04030201" // a length beyond every value
            })
    void whatIsNotAnEntryIsRefused(String bytes) {
        assertThatThrownBy(() -> EntryCodec.get(Hex.bytes(bytes), SEGMENTS))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "01",
                "0100",
                "010007",
                "01000700",
                "0100070005",
                "010007000501",
                "01040700050504030201",
                "020007040302"
            })
    void anEndWithinAnEntryIsNoticed(String bytes) {
        assertThatThrownBy(() -> EntryCodec.get(Hex.bytes(bytes), SEGMENTS))
                .isInstanceOf(BufferUnderflowException.class);
    }
}
