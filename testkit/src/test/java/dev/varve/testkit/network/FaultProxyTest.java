package dev.varve.testkit.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {

    /** Long enough for what comes to come, and what this test waits for where nothing must come. */
    private static final int SILENCE_MILLIS = 300;

    private static final int PATIENCE_MILLIS = 20_000;

    private ServerSocket server = unbound();

    private static ServerSocket unbound() {
        try {
            return new ServerSocket();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    /** Both ends of a connection through a proxy. */
    private final class Ends implements AutoCloseable {

        final FaultProxy proxy;
        final Socket client;
        final Socket served;

        Ends(Framing framing) throws IOException {
            proxy = new FaultProxy(
                    new InetSocketAddress(server.getInetAddress(), server.getLocalPort()),
                    framing,
                    new SplittableRandom(1));
            client = connect(proxy);
            served = server.accept();
            served.setSoTimeout(PATIENCE_MILLIS);
        }

        @Override
        public void close() throws IOException {
            client.close();
            served.close();
            proxy.close();
        }
    }

    private static Socket connect(FaultProxy proxy) throws IOException {
        Socket client = new Socket();
        client.connect(proxy.address());
        client.setSoTimeout(PATIENCE_MILLIS);
        return client;
    }

    @Test
    void bytesPassBothWaysAndTheEndToo() throws Exception {
        try (Ends ends = new Ends(Framing.NONE)) {
            ends.client.getOutputStream().write(new byte[] {1, 2});
            ends.client.shutdownOutput();
            assertThat(ends.served.getInputStream().readAllBytes()).containsExactly(1, 2);
            ends.served.getOutputStream().write(3);
            ends.served.close();
            assertThat(ends.client.getInputStream().readAllBytes()).containsExactly(3);
        }
    }

    @Test
    void whatIsCutComesWhenTheCutIsHealed() throws Exception {
        try (Ends ends = new Ends(Framing.NONE)) {
            ends.proxy.toTarget().set(Conditions.CUT);
            ends.client.getOutputStream().write(1);
            assertSilent(ends.served);
            ends.served.getOutputStream().write(2);
            assertThat(ends.client.getInputStream().read())
                    .as("the other way is open")
                    .isEqualTo(2);
            ends.proxy.toTarget().set(Conditions.GOOD);
            assertThat(ends.served.getInputStream().read()).isEqualTo(1);
        }
    }

    @Test
    void whatIsDelayedComesLater() throws Exception {
        try (Ends ends = new Ends(Framing.NONE)) {
            ends.proxy.fromTarget().set(Conditions.delayed(TimeUnit.MILLISECONDS.toNanos(200), 0));
            long begin = System.nanoTime();
            ends.served.getOutputStream().write(1);
            assertThat(ends.client.getInputStream().read()).isEqualTo(1);
            assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(200));
        }
    }

    @Test
    void aSlowLinkTakesItsTime() throws Exception {
        try (Ends ends = new Ends(Framing.NONE)) {
            ends.proxy.set(Conditions.slow(100_000));
            long begin = System.nanoTime();
            ends.client.getOutputStream().write(new byte[20_000]);
            assertThat(ends.served.getInputStream().readNBytes(20_000)).hasSize(20_000);
            assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(190));
        }
    }

    @Test
    void aLinkThatResetsEndsTheConnectionOnBothSides() throws Exception {
        try (Ends ends = new Ends(Framing.NONE)) {
            ends.proxy.toTarget().set(Conditions.resetting(1));
            ends.client.getOutputStream().write(1);
            assertThatThrownBy(() -> ends.client.getInputStream().read()).isInstanceOf(SocketException.class);
            assertThatThrownBy(() -> ends.served.getInputStream().read()).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void connectionsAreResetAndNewOnesRefusedUntilTheyAreNot() throws Exception {
        try (Ends ends = new Ends(Framing.NONE)) {
            ends.proxy.refuse(true);
            ends.proxy.reset();
            assertThatThrownBy(() -> ends.client.getInputStream().read()).isInstanceOf(SocketException.class);
            assertThatThrownBy(() -> {
                        try (Socket refused = connect(ends.proxy)) {
                            assertThat(refused.getInputStream().read()).isNotNegative();
                        }
                    })
                    .isInstanceOf(SocketException.class);
            ends.proxy.refuse(false);
            try (Socket again = connect(ends.proxy);
                    Socket served = server.accept()) {
                again.getOutputStream().write(1);
                assertThat(served.getInputStream().read()).isEqualTo(1);
            }
        }
    }

    @Test
    void wholeFramesAreRepeatedButNotTheFirst() throws Exception {
        try (Ends ends = new Ends(Framing.LENGTH_PREFIXED)) {
            ends.proxy.toTarget().set(Conditions.repeating(1));
            byte[] frames = {1, 0, 0, 0, 7, 2, 0, 0, 0, 8, 9};
            ends.client.getOutputStream().write(frames);
            DataInputStream in = new DataInputStream(ends.served.getInputStream());
            assertThat(in.readNBytes(17)).containsExactly(1, 0, 0, 0, 7, 2, 0, 0, 0, 8, 9, 2, 0, 0, 0, 8, 9);
            assertThat(ends.proxy.toTarget().repeated()).isEqualTo(1);
        }
    }

    @Test
    void aConnectionThatIsSilencedSaysNothingMoreNotEvenThatItHasEnded() throws Exception {
        try (Ends ends = new Ends(Framing.NONE)) {
            ends.proxy.silence();
            ends.client.getOutputStream().write(1);
            assertSilent(ends.served);
            ends.served.close();
            assertSilent(ends.client);
            try (Socket another = connect(ends.proxy);
                    Socket served = server.accept()) {
                another.getOutputStream().write(2);
                assertThat(served.getInputStream().read()).isEqualTo(2);
            }
        }
    }

    @Test
    void whoMeetsNobodyIsReset() throws Exception {
        try (Ends ends = new Ends(Framing.NONE)) {
            server.close();
            try (Socket client = connect(ends.proxy)) {
                assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
            }
        }
    }

    private static void assertSilent(Socket socket) throws IOException {
        socket.setSoTimeout(SILENCE_MILLIS);
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        socket.setSoTimeout(PATIENCE_MILLIS);
    }
}
