package dev.varve.storage.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.Hex;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.format.VarInt;
import dev.varve.storage.index.TableInfo;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestCodecTest {

    private static final FileName NAME = new FileName(FileKind.MANIFEST, 7);

    @SuppressWarnings("unused") // By a test, through its name.
    private static final List<ManifestEdit> EDITS = Edits.all();

    private static List<ManifestEdit> decoded(ByteBuffer bytes) throws UnsupportedVersionException {
        return ManifestCodec.decode(bytes, NAME);
    }

    private static String hex(ManifestEdit edit) {
        return Hex.of(ManifestCodec.encode(List.of(edit)));
    }

    @Test
    void theBytesAreThoseOfTheTable() {
        List<ManifestEdit> edits = Edits.all();
        assertThat(hex(edits.get(0)))
                .isEqualTo("8118" + "1817161514131211" + "04030201" + "2827262524232221" + "036ec3b6");
        assertThat(hex(edits.get(1))).isEqualTo("8204" + "04030201");
        assertThat(hex(edits.get(2))).isEqualTo("8308" + "0807060504030201");
        assertThat(hex(edits.get(3))).isEqualTo("8408" + "ffffffffffffffff");
        assertThat(hex(edits.get(4)))
                .isEqualTo("8558" + "0100000000000000" + "0200000000000000" + "0300000000000000" + "0400000000000000"
                        + "0500000000000000" + "0600000000000000" + "020007" + "03000809" + "02"
                        + "0a00000000000000" + "6400000000000000" + "0b00000000000000" + "6e00000000000000");
        assertThat(hex(edits.get(5))).isEqualTo("8608" + "0100000000000000");
        assertThat(hex(edits.get(6))).isEqualTo("8b18" + "0807060504030201" + "0403020100000000" + "0900000000000000");
        assertThat(hex(edits.get(7))).isEqualTo("8c08" + "0200000000000000");
        assertThat(hex(edits.get(8)))
                .isEqualTo("8737" + "0100000000000000" + "0200000000000000" + "0300000000000000" + "0400000000000000"
                        + "0500000000000000" + "06000000" + "020708" + "0900000000000000");
        assertThat(hex(edits.get(9))).isEqualTo("080c" + "0100000000000000" + "04030201");
        assertThat(hex(edits.get(10)))
                .isEqualTo("891c" + "0100000000000000" + "0200000000000000" + "0300000000000000" + "04000000");
        assertThat(hex(edits.get(11)))
                .as("a table with range tombstones, which older readers must refuse")
                .isEqualTo("8d3e" + "0200000000000000" + "0200000000000000" + "0000000000000000" + "0000000000000000"
                        + "0500000000000000" + "0600000000000000" + "020007" + "0101" + "00" + "0400000000000000");
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        assertThat(decoded(ManifestCodec.encode(Edits.all())))
                .usingRecursiveComparison()
                .isEqualTo(Edits.all());
        assertThat(decoded(ManifestCodec.encode(List.of()))).isEmpty();
    }

    @Test
    void keysAndConfigurationsMayBeEmptyOrLong() throws Exception {
        TableInfo table =
                new TableInfo(-1, Long.MAX_VALUE, 0, 0, new byte[0], new byte[200], 0, 0, Collections.emptySortedMap());
        List<ManifestEdit> edits = List.of(
                new ManifestEdit.TableAdded(table),
                new ManifestEdit.Checkpointed(new Checkpoint(0, 0, 0, 0, 0, 0, new byte[0], 0)),
                new ManifestEdit.Identity(0, -1, Long.MIN_VALUE, ""));
        assertThat(decoded(ManifestCodec.encode(edits)))
                .usingRecursiveComparison()
                .isEqualTo(edits);
    }

    @ParameterizedTest
    @FieldSource("EDITS")
    void whatStandsBehindABodyIsIgnored(ManifestEdit edit) throws Exception {
        ByteBuffer bytes = ManifestCodec.encode(List.of(edit));
        ByteBuffer longer = ByteBuffer.allocate(200).put(bytes.get());
        int length = VarInt.getInt(bytes, 200);
        VarInt.put(longer, length + 3);
        longer.put(bytes).put(new byte[] {1, 2, 3});
        longer.put(ManifestCodec.encode(List.of(new ManifestEdit.FileCount(5))));
        assertThat(decoded(longer.flip()))
                .usingRecursiveComparison()
                .isEqualTo(List.of(edit, new ManifestEdit.FileCount(5)));
    }

    @ParameterizedTest
    @FieldSource("EDITS")
    void aBodyThatIsTooShortIsRefused(ManifestEdit edit) {
        ByteBuffer bytes = ManifestCodec.encode(List.of(edit));
        byte tag = bytes.get();
        int length = VarInt.getInt(bytes, 200);
        for (int shorter = 0; shorter < length; shorter++) {
            ByteBuffer cut = ByteBuffer.allocate(200).put(tag);
            VarInt.put(cut, shorter);
            cut.put(bytes.slice(bytes.position(), shorter)).flip();
            assertThatThrownBy(() -> decoded(cut))
                    .isInstanceOfAny(BufferUnderflowException.class, IllegalArgumentException.class);
        }
    }

    @Test
    void segmentsThatAreNotInTheirOrderAreRefused() {
        ByteBuffer bytes = ManifestCodec.encode(List.of(new ManifestEdit.TableAdded(Edits.table(1))));
        ByteBuffer swapped = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int pairs = swapped.limit() - 4 * Long.BYTES;
        long first = swapped.getLong(pairs);
        swapped.putLong(pairs, swapped.getLong(pairs + 2 * Long.BYTES)).putLong(pairs + 2 * Long.BYTES, first);
        assertThatThrownBy(() -> decoded(bytes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("order");
    }

    @ParameterizedTest
    @ValueSource(strings = {"83", "8308", "830807060504030201", "8380", "83ffffffffffffffffff01"})
    void aLengthThatReachesBeyondTheEndIsRefused(String bytes) {
        assertThatThrownBy(() -> decoded(Hex.bytes(bytes)))
                .isInstanceOfAny(BufferUnderflowException.class, IllegalArgumentException.class);
    }

    @Test
    void anEditThatIsNotKnownIsSkippedUnlessItIsCritical() throws Exception {
        assertThat(decoded(Hex.bytes("7f020102" + "820405000000"))).containsExactly(new ManifestEdit.FileCount(5));
        assertThatThrownBy(() -> decoded(Hex.bytes("ff020102")))
                .isInstanceOf(UnsupportedVersionException.class)
                .hasMessage("0000000000000007.manifest needs a newer Varve: it has an edit of kind 255");
    }
}
