package dev.varve.replication.transport;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Something at the other end of a connection that need not keep to the protocol. */
final class Stranger implements Closeable {

    private final Closeable socket;
    private final InetSocketAddress address;

    private Stranger(Closeable socket, InetSocketAddress address) {
        this.socket = socket;
        this.address = address;
    }

    /** Takes connections and never says a word. */
    static Stranger listening() throws IOException {
        ServerSocket socket = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        return new Stranger(socket, (InetSocketAddress) socket.getLocalSocketAddress());
    }

    /** Connects to a node. */
    static Stranger connected(InetSocketAddress to) throws IOException {
        Socket socket = new Socket(to.getAddress(), to.getPort());
        socket.setSoTimeout(10_000);
        return new Stranger(socket, to);
    }

    InetSocketAddress address() {
        return address;
    }

    void send(byte[] bytes) throws IOException {
        ((Socket) socket).getOutputStream().write(bytes);
    }

    /** Reads the body of one frame. */
    byte[] readFrame() throws IOException {
        DataInputStream in = new DataInputStream(((Socket) socket).getInputStream());
        int length = Integer.reverseBytes(in.readInt());
        byte[] frame = new byte[length];
        in.readFully(frame);
        return Arrays.copyOfRange(frame, FrameFormat.MIN_LENGTH, length);
    }

    /** Reads to the end of the connection, which the other side must bring about. */
    String readToEnd() throws IOException {
        return new String(((Socket) socket).getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
