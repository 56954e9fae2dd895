package dev.varve.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class EtcdMessagesTest {

    @Test
    void aPutHasItsKeyAndItsValue() {
        String expected = "0a0c" + hex("key-00000000") + "128002" + hex(KeySpace.value(0));
        assertThat(HexFormat.of().formatHex(EtcdMessages.request(new Workload(Operation.PUT, 1))))
                .isEqualTo(expected);
    }

    @Test
    void aRangeHasBothEndsAndALimit() {
        String expected = "0a0c" + hex("key-00000000") + "120c" + hex("key-00000100") + "1864";
        assertThat(HexFormat.of().formatHex(EtcdMessages.request(new Workload(Operation.RANGE, 1))))
                .isEqualTo(expected);
    }

    @Test
    void aBatchIsATransactionOfPuts() {
        byte[] batch = EtcdMessages.request(new Workload(Operation.BATCH, 1));
        byte[] put = EtcdMessages.request(new Workload(Operation.PUT, 1));
        assertThat(batch).hasSize(KeySpace.GROUP_KEYS * (put.length + 6));
        assertThat(HexFormat.of().formatHex(batch))
                .startsWith("129402129102" + HexFormat.of().formatHex(put));
    }

    @Test
    void aFrameTellsTheLengthOfItsMessage() {
        assertThat(EtcdMessages.framed(new byte[] {7, 8})).containsExactly(0, 0, 0, 0, 2, 7, 8);
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
    }
}
