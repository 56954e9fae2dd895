package dev.varve.replication.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Asks a node to which cluster it belongs: a hello without a cluster, which is answered by one with it. Blocks. */
public final class ClusterEnquiry {

    private ClusterEnquiry() {}

    /**
     * The name of the cluster of the node at an address.
     *
     * @param asking name of the node that asks
     * @param asked name of the one that is thought to be there
     * @throws IOException if nobody answers in time, another node does, or it refuses; the message says which
     */
    public static String cluster(String asking, String asked, InetSocketAddress address, int timeoutMillis)
            throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(address, timeoutMillis);
            socket.setSoTimeout(timeoutMillis);
            ByteBuf frame = FrameFormat.encode(
                    UnpooledByteBufAllocator.DEFAULT,
                    FrameKind.HELLO,
                    0,
                    new Hello(Hello.VERSION, "", asking, asked).encode());
            frame.readBytes(socket.getOutputStream(), frame.readableBytes());
            return read(new DataInputStream(socket.getInputStream()), asked);
        }
    }

    private static String read(DataInputStream in, String asked) throws IOException {
        byte[] header = new byte[FrameFormat.HEADER_BYTES];
        in.readFully(header);
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
        if (kind == FrameKind.FAILURE) {
            throw new IOException(new String(body, StandardCharsets.UTF_8));
        }
        Hello hello = kind == FrameKind.HELLO ? Hello.decode(body) : null;
        if (hello == null || hello.cluster().isEmpty()) {
            throw new IOException("what answers there is no node of Varve");
        }
        if (!hello.from().equals(asked)) {
            throw new IOException("there is node '" + hello.from() + "', not '" + asked + "'");
        }
        return hello.cluster();
    }
}
