package dev.varve.storage.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RaftConfigurationTest {

    private static ByteBuffer frame(String hexBody) {
        return new FrameEncoder(64)
                .add(
                        FrameKind.OPAQUE,
                        false,
                        Frames.SYSTEM,
                        new byte[0],
                        HexFormat.of().parseHex(hexBody))
                .payload();
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        RaftConfiguration configuration =
                new RaftConfiguration(List.of("a", "b", "ç日本"), List.of("a"), List.of("x".repeat(512)), List.of(""));
        assertThat(RaftConfiguration.fromFrame(configuration.toFrame().payload()))
                .isEqualTo(configuration);
    }

    @Test
    void aNodeAloneIsTheOnlyVoter() throws Exception {
        RaftConfiguration alone = RaftConfiguration.alone("n1");
        assertThat(alone).isEqualTo(new RaftConfiguration(List.of("n1"), List.of(), List.of(), List.of()));
        FrameCursor frame = FrameCursor.plain(alone.toFrame().payload());
        assertThat(frame.next()).isTrue();
        assertThat(frame.kind()).isEqualTo(FrameKind.OPAQUE);
        assertThat(frame.first()).isFalse();
        assertThat(HexFormat.of().formatHex(frame.value())).isEqualTo("01026e31" + "00" + "00" + "00");
    }

    @Test
    void whatFollowsTheListsIsIgnored() throws Exception {
        assertThat(RaftConfiguration.fromFrame(frame("0101610000007777"))).isEqualTo(RaftConfiguration.alone("a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "00", "0101", "01026100", "e907", "0181046100", "ffffffffffffffffffffff"})
    void aBodyThatIsNotFourListsIsRefused(String body) {
        assertThatThrownBy(() -> RaftConfiguration.fromFrame(frame(body)))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("it is not well formed");
    }

    @Test
    void whatCouldNotBeReadBackIsNotWritten() {
        List<String> nobody = List.of();
        assertThatThrownBy(() -> new RaftConfiguration(nobody, nobody, List.of("ä".repeat(257)), nobody))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a node's name has 514 bytes, at most 512 are possible");
        assertThatThrownBy(() -> new RaftConfiguration(Collections.nCopies(1001, "n"), nobody, nobody, nobody))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a configuration names 1001 nodes, at most 1000 are possible");
    }

    @Test
    void anotherFrameIsNoConfiguration() {
        ByteBuffer put = new FrameEncoder(64)
                .add(FrameKind.PUT, true, Frames.USER, new byte[1], new byte[4])
                .payload();
        for (ByteBuffer payload : new ByteBuffer[] {put, ByteBuffer.allocate(0)}) {
            assertThatThrownBy(() -> RaftConfiguration.fromFrame(payload))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining("it does not hold a configuration");
        }
    }
}
