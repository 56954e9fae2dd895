package dev.varve.replication.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Asks a node to which cluster it belongs: a hello without a cluster, which is answered by one with it, once both sides have proven who they
 * are. Blocks.
 */
public final class ClusterEnquiry {

    private ClusterEnquiry() {}

    /**
     * The name of the cluster of the node at an address.
     *
     * @param asking name of the node that asks
     * @param asked name of the one that is thought to be there
     * @param security how nodes prove who they are
     * @throws IOException if nobody answers in time, another node does, or it refuses; the message says which
     */
    public static String cluster(
            String asking, String asked, InetSocketAddress address, TransportSecurity security, int timeoutMillis)
            throws IOException {
        CallerGreeting greeting = new CallerGreeting("", asking, asked, security);
        try (Socket plain = new Socket()) {
            plain.connect(address, timeoutMillis);
            plain.setSoTimeout(timeoutMillis);
            TlsCredentials tls = security.tls();
            if (tls == null) {
                return converse(plain, greeting, null);
            }
            try (SSLSocket secured = tls.connect(plain)) {
                return converse(secured, greeting, TlsCredentials.names(secured.getSession()));
            }
        } catch (SSLException e) {
            throw new IOException(TlsCredentials.words(e), e);
        } catch (GreetingException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static String converse(Socket socket, CallerGreeting greeting, @Nullable Set<String> certified)
            throws IOException, GreetingException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        send(socket, FrameKind.HELLO, greeting.begin(certified));
        while (true) {
            byte[] proof = greeting.next(read(in));
            if (proof != null) {
                send(socket, FrameKind.PROOF, proof);
            }
            Hello answer = greeting.answer();
            if (answer != null) {
                return answer.cluster();
            }
        }
    }

    private static void send(Socket socket, FrameKind kind, byte[] body) throws IOException {
        ByteBuf frame = FrameFormat.encode(UnpooledByteBufAllocator.DEFAULT, kind, 0, body);
        frame.readBytes(socket.getOutputStream(), frame.readableBytes());
    }

    private static Frame read(DataInputStream in) throws IOException {
        byte[] header = new byte[FrameFormat.HEADER_BYTES];
        try {
            in.readFully(header);
        } catch (EOFException e) {
            throw new IOException(CallerGreeting.SILENT, e);
        }
        ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        int bodyBytes = fields.getInt(0) - FrameFormat.MIN_LENGTH;
        FrameKind kind = FrameKind.of(fields.get(16));
        if (kind == null || bodyBytes < 0 || bodyBytes > 2 * FrameFormat.MAX_HELLO_BYTES) {
            throw new IOException("what answers there is no node of Varve");
        }
        byte[] body = new byte[bodyBytes];
        in.readFully(body);
        if (!FrameFormat.isIntact(header, body)) {
            throw new IOException("the answer was damaged on its way");
        }
        return new Frame(kind, 0, 0, body);
    }
}
