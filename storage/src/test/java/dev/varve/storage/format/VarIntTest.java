package dev.varve.storage.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VarIntTest {

    private static String encoded(long value) {
        ByteBuffer target = ByteBuffer.allocate(16);
        VarInt.put(target, value);
        return Hex.of(target.flip());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 00",
        "1, 01",
        "127, 7f",
        "128, 8001",
        "300, ac02",
        "16383, ff7f",
        "16384, 808001",
        "2147483647, ffffffff07",
        "9223372036854775807, ffffffffffffffff7f",
        "-9223372036854775808, 80808080808080808001",
        "-1, ffffffffffffffffff01"
    })
    void sevenBitsAByteLowestFirst(long value, String bytes) {
        assertThat(encoded(value)).isEqualTo(bytes);
        ByteBuffer source = Hex.bytes(bytes + "55");
        assertThat(VarInt.get(source)).isEqualTo(value);
        assertThat(source.remaining()).isEqualTo(1);
    }

    @Test
    void everyPowerOfTwoAndItsNeighboursComeBack() {
        for (int bit = 0; bit < 64; bit++) {
            for (long value : new long[] {(1L << bit) - 1, 1L << bit, (1L << bit) + 1}) {
                assertThat(VarInt.get(Hex.bytes(encoded(value)))).isEqualTo(value);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "80", "ffffffffffffffffff"})
    void anEndWithinAnIntegerIsNoticed(String bytes) {
        assertThatThrownBy(() -> VarInt.get(Hex.bytes(bytes))).isInstanceOf(BufferUnderflowException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"8080808080808080808001", "ffffffffffffffffff02", "8080808080808080807f"})
    void whatNeedsMoreThan64BitsIsRefused(String bytes) {
        assertThatThrownBy(() -> VarInt.get(Hex.bytes(bytes)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an integer is longer than 64 bits");
    }

    @Test
    void aLengthLiesBetweenZeroAndItsBound() {
        assertThat(VarInt.getInt(Hex.bytes("00"), 0)).isZero();
        assertThat(VarInt.getInt(Hex.bytes("64"), 100)).isEqualTo(100);
        assertThat(VarInt.getInt(Hex.bytes("ffffffff07"), Integer.MAX_VALUE)).isEqualTo(Integer.MAX_VALUE);
        assertThatThrownBy(() -> VarInt.getInt(Hex.bytes("65"), 100))
                .hasMessage("a length is 101, at most 100 are possible");
        assertThatThrownBy(() -> VarInt.getInt(Hex.bytes("8080808008"), Integer.MAX_VALUE))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> VarInt.getInt(Hex.bytes("ffffffffffffffffff01"), 100))
                .hasMessage("a length is 18446744073709551615, at most 100 are possible");
    }
}
