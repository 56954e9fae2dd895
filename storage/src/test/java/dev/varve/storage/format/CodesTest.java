package dev.varve.storage.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The numbers that stand in files: they never change. */
class CodesTest {

    @ParameterizedTest
    @CsvSource({"LOG, 1, log", "TABLE, 2, table", "MANIFEST, 3, manifest", "VOTE, 4, vote", "VALUES, 5, values"})
    void kindsOfFiles(FileKind kind, int code, String suffix) {
        assertThat(kind.code()).isEqualTo(code);
        assertThat(kind.suffix()).isEqualTo(suffix);
        assertThat(FileKind.values()).hasSize(5);
    }

    @ParameterizedTest
    @CsvSource({
        "WRITES, 1, true",
        "NO_OP, 2, true",
        "CONFIGURATION, 3, true",
        "TRUNCATION, 4, false",
        "RESET, 5, false",
        "SEAL, 6, false",
        "DURABLE, 7, false"
    })
    void typesOfRecords(RecordType type, int code, boolean entry) {
        assertThat(type.code()).isEqualTo(code);
        assertThat(RecordType.of(code)).isEqualTo(type);
        assertThat(type.isEntry()).isEqualTo(entry);
        assertThat(RecordType.values()).hasSize(7);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8, 9, 255, 256, 257, -1, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void otherNumbersAreNoTypes(int code) {
        assertThat(RecordType.of(code)).isNull();
    }

    @Test
    void kindsOfFrames() {
        assertThat(FrameKind.PUT).isEqualTo((byte) 0x81);
        assertThat(FrameKind.DELETE).isEqualTo((byte) 0x82);
        assertThat(FrameKind.RANGE_DELETE).isEqualTo((byte) 0x83);
        assertThat(FrameKind.CHUNK).isEqualTo((byte) 0x84);
        assertThat(FrameKind.OPAQUE).isEqualTo((byte) 0x85);
        assertThat(FrameKind.REQUEST).isEqualTo((byte) 0x06);
    }

    @Test
    void aKindWithTheHighBitIsUnsupportedUnlessItIsApplied() {
        assertThat(IntStream.range(0, 256).filter(kind -> FrameKind.isUnsupported((byte) kind)))
                .containsExactlyElementsOf(IntStream.range(0x80, 0x100)
                        .filter(kind -> kind != 0x81 && kind != 0x82 && kind != 0x83 && kind != 0x85)
                        .boxed()
                        .toList());
    }
}
