package dev.varve.storage.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChecksumTest {

    private static final byte[] DIGITS = "123456789".getBytes(US_ASCII);

    @Test
    void itIsCastagnolis() {
        assertThat(Checksum.of(DIGITS, 0, DIGITS.length)).isEqualTo(0xE3069283);
        assertThat(Checksum.of(new byte[32], 0, 32)).isEqualTo(0x8A9136AA);
        assertThat(Checksum.of(DIGITS, 4, 0)).isZero();
    }

    @Test
    void everyKindOfBufferGivesTheSame() {
        byte[] padded = "xx123456789yy".getBytes(US_ASCII);
        int expected = Checksum.of(DIGITS, 0, DIGITS.length);
        assertThat(Checksum.of(padded, 2, 9)).isEqualTo(expected);
        assertThat(Checksum.of(ByteBuffer.wrap(padded), 2, 9)).isEqualTo(expected);
        assertThat(Checksum.of(ByteBuffer.wrap(padded).slice(1, 11), 1, 9)).isEqualTo(expected);
        ByteBuffer direct = ByteBuffer.allocateDirect(20).put(padded);
        assertThat(Checksum.of(direct, 2, 9)).isEqualTo(expected);
        assertThat(direct.position()).isEqualTo(padded.length);
        assertThat(direct.limit()).isEqualTo(20);
    }

    @Test
    void aFlippedBitIsToldByTheDifferenceItMakes() {
        byte[] bytes = "of one checksum the single bits are told apart".getBytes(US_ASCII);
        int right = Checksum.of(bytes, 0, bytes.length);
        for (int bit = 0; bit < 8 * bytes.length; bit++) {
            byte[] flipped = bytes.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            int difference = right ^ Checksum.of(flipped, 0, flipped.length);
            assertThat(Checksum.flippedBit(difference, bytes.length)).isEqualTo(bit);
            flipped[(bit / 8 + 7) % bytes.length] ^= 2;
            difference = right ^ Checksum.of(flipped, 0, flipped.length);
            assertThat(Checksum.flippedBit(difference, bytes.length)).isNegative();
        }
        assertThat(Checksum.flippedBit(1, 0)).isNegative();
    }

    @Test
    void theSaltIsTheOneOfTheDocument() {
        for (long id : new long[] {0, 1, 0x1234_5678_0000_0001L, -1}) {
            for (long offset : new long[] {0, 1, 64, 4096, 1L << 30}) {
                assertThat(Checksum.salt(id, offset)).isEqualTo(documentedSalt(id, offset));
            }
        }
    }

    /** The formula of {@code docs/formats/README.md} in integers without end, taken modulo 2^64. */
    private static int documentedSalt(long id, long offset) {
        BigInteger z = unsigned(id).add(unsigned(offset).add(BigInteger.ONE).multiply(hex("9E3779B97F4A7C15")));
        z = modulo(z);
        z = modulo(z.xor(z.shiftRight(30)).multiply(hex("BF58476D1CE4E5B9")));
        z = modulo(z.xor(z.shiftRight(27)).multiply(hex("94D049BB133111EB")));
        return z.xor(z.shiftRight(31)).shiftRight(32).intValue();
    }

    private static BigInteger unsigned(long value) {
        return new BigInteger(Long.toUnsignedString(value));
    }

    private static BigInteger hex(String digits) {
        return new BigInteger(digits, 16);
    }

    private static BigInteger modulo(BigInteger value) {
        return value.mod(BigInteger.ONE.shiftLeft(64));
    }

    @Test
    void neighbouringPlacesHaveDifferentSalts() {
        Set<Integer> salts = new HashSet<>();
        for (long id = 1; id <= 20; id++) {
            for (long offset = 0; offset < 100; offset++) {
                salts.add(Checksum.salt(id, offset));
            }
        }
        assertThat(salts).hasSize(2000);
    }
}
