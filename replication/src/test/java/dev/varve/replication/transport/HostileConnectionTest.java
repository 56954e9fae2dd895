package dev.varve.replication.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever a connection sends, the node closes it at the first byte that it cannot trust, and goes on serving others. */
@Timeout(60)
class HostileConnectionTest {

    private final Peers peers = new Peers();
    private RaftTransport node;
    private Echo echo;

    @BeforeEach
    void start() throws Exception {
        node = peers.start("b", new TransportOptions(64 << 10, 16, 1 << 20, 3, 2000));
        echo = Echo.answering();
        node.server().registerProcessor(echo);
    }

    @AfterEach
    void othersAreServedAllTheSame() throws Exception {
        NettyRpcClient client = peers.client(peers.start("a"));
        // More than once, since the node may not have noticed yet that the connections of the test are gone.
        assertThat(Peers.callUntilAnswered(client, "b", 99, 10_000)).isEqualTo(99);
        peers.close();
    }

    @Test
    void aChecksumThatDoesNotMatchClosesTheConnection() throws Exception {
        for (int byteToFlip = 4; byteToFlip < 22; byteToFlip++) {
            byte[] frame = ping(1);
            frame[byteToFlip] ^= 4;

            assertThat(closedAfter(hello("test", "a", "b"), frame)).isEmpty();
        }
        assertThat(echo.seen).isEmpty();
    }

    @Test
    void anImpossibleLengthClosesTheConnection() throws Exception {
        for (int length : new int[] {0, 15, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, 64 << 10}) {
            byte[] frame = ping(1);
            for (int i = 0; i < 4; i++) {
                frame[i] = (byte) (length >>> (8 * i));
            }

            assertThat(closedAfter(hello("test", "a", "b"), frame)).isEmpty();
        }
        assertThat(echo.seen).isEmpty();
    }

    @Test
    void aStrangerMayNotSendMoreThanAHello() throws Exception {
        byte[] large = bytes(FrameFormat.encode(
                UnpooledByteBufAllocator.DEFAULT, FrameKind.HELLO, 0, new byte[FrameFormat.MAX_HELLO_BYTES]));

        assertThat(closedAfter(large)).isEmpty();
    }

    @Test
    void aRequestBeforeTheHelloIsRefused() throws Exception {
        assertThat(closedAfter(ping(1))).contains("the first frame of a connection must be a hello");
        assertThat(echo.seen).isEmpty();
    }

    @Test
    void anotherClusterIsRefusedInWords() throws Exception {
        assertThat(closedAfter(hello("other", "a", "b"))).contains("belongs to cluster 'test'");
    }

    @Test
    void aLaterVersionOfTheProtocolIsRefusedInWords() throws Exception {
        byte[] later = bytes(FrameFormat.encode(
                UnpooledByteBufAllocator.DEFAULT, FrameKind.HELLO, 0, new byte[] {2, 0, -1, 77, 78, 79}));

        assertThat(closedAfter(later)).contains("speaks version 1").contains("version 2");
    }

    @Test
    void arbitraryBytesCloseTheConnection() throws Exception {
        Random random = new Random(7);
        for (int i = 0; i < 20; i++) {
            byte[] bytes = new byte[2048];
            random.nextBytes(bytes);

            assertThat(closedAfter(bytes)).isEmpty();
            assertThat(closedAfter(hello("test", "a", "b"), new byte[2048])).isEmpty();
        }
    }

    @Test
    void aConnectionThatSaysNothingIsClosed() throws Exception {
        try (Stranger stranger = Stranger.connected(node.address())) {
            assertThat(stranger.readToEnd()).isEmpty();
        }
    }

    @Test
    void oneConnectionTooManyIsClosedAtOnce() throws Exception {
        List<Stranger> taken = List.of(greeted("x"), greeted("y"), greeted("z"));
        try (Stranger fourth = Stranger.connected(node.address())) {
            assertThat(fourth.readToEnd()).isEmpty();
        }
        for (Stranger stranger : taken) {
            stranger.close();
        }
    }

    @Test
    void aBodyThatIsNotTheMessageFailsThatCallOnly() throws Exception {
        byte[] nonsense =
                bytes(FrameFormat.encode(UnpooledByteBufAllocator.DEFAULT, FrameKind.REQUEST, 5, new byte[] {1, 2, 3}));
        try (Stranger stranger = greeted("x")) {
            stranger.send(nonsense);
            assertThat(new String(stranger.readFrame(), StandardCharsets.UTF_8))
                    .contains("there is no message with number 0");

            stranger.send(ping(6));
            assertThat(stranger.readFrame()).isNotEmpty();
        }
        assertThat(echo.seen).containsExactly(6L);
    }

    private Stranger greeted(String name) throws Exception {
        Stranger stranger = Stranger.connected(node.address());
        stranger.send(hello("test", name, "b"));
        assertThat(Hello.decode(stranger.readFrame())).isEqualTo(new Hello("test", "b", name));
        return stranger;
    }

    /** Sends these frames and gives what comes back before the node closes the connection, without its hello. */
    private String closedAfter(byte[]... frames) throws Exception {
        try (Stranger stranger = Stranger.connected(node.address())) {
            boolean greets = frames.length > 1;
            for (int i = 0; i < frames.length; i++) {
                stranger.send(frames[i]);
                if (i == 0 && greets) {
                    stranger.readFrame();
                }
            }
            return stranger.readToEnd();
        } catch (SocketException e) {
            // The node closed the connection while it still had bytes of ours unread.
            assertThat(e).hasMessageContaining("onnection reset");
            return "";
        }
    }

    private static byte[] ping(long call) {
        return bytes(FrameFormat.encode(
                UnpooledByteBufAllocator.DEFAULT,
                FrameKind.REQUEST,
                call,
                MessageNumbers.of(Peers.ping(call)),
                Peers.ping(call)));
    }

    private static byte[] hello(String cluster, String from, String to) {
        return bytes(FrameFormat.encode(
                UnpooledByteBufAllocator.DEFAULT, FrameKind.HELLO, 0, new Hello(cluster, from, to).encode()));
    }

    private static byte[] bytes(ByteBuf buffer) {
        return ByteBufUtil.getBytes(buffer);
    }
}
