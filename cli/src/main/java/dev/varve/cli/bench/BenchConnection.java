package dev.varve.cli.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One connection with at most one request on its way. For the generator's thread. */
final class BenchConnection {

    private static final Workload.Request NONE = new Workload.Request(Operation.GET, -1);

    private final InetSocketAddress address;
    private final Selector selector;
    private final ByteBuffer out;
    private final AnswerParser parser = new AnswerParser();
    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;

    private Workload.Request request = NONE;
    private long startedAt;
    private long sentAt;
    private boolean busy;
    private long retryAt;

    BenchConnection(InetSocketAddress address, Selector selector, int requestBytesMax) {
        this.address = address;
        this.selector = selector;
        this.out = ByteBuffer.allocateDirect(requestBytesMax);
    }

    /** Connects, blocking: on the machine or network of a benchmark that is quick or fails. */
    void connect() throws IOException {
        close();
        SocketChannel connecting = SocketChannel.open();
        try {
            connecting.setOption(StandardSocketOptions.TCP_NODELAY, true);
            connecting.connect(address);
            connecting.configureBlocking(false);
            key = connecting.register(selector, SelectionKey.OP_READ, this);
        } catch (IOException e) {
            connecting.close();
            throw e;
        }
        channel = connecting;
        parser.reset();
    }

    /**
     * Sends a request.
     *
     * @param at the moment from which its latency counts
     * @param now this moment
     */
    void send(Workload.Request next, RequestWriter writer, long at, long now) throws IOException {
        request = next;
        startedAt = at;
        sentAt = now;
        busy = true;
        out.clear();
        writer.write(next, out);
        out.flip();
        flush();
    }

    /** Sends what the socket takes. */
    void flush() throws IOException {
        SocketChannel open = channel;
        SelectionKey registered = key;
        if (open == null || registered == null) {
            throw new IOException("not connected");
        }
        open.write(out);
        int interest = out.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
        if (registered.interestOps() != interest) {
            registered.interestOps(interest);
        }
    }

    /**
     * Reads what is there.
     *
     * @param in shared by all connections; empty before and after
     * @return true if the answer is complete
     */
    boolean receive(ByteBuffer in) throws IOException, AnswerParser.MalformedAnswerException {
        SocketChannel open = channel;
        if (open == null) {
            throw new IOException("not connected");
        }
        while (true) {
            in.clear();
            int read = open.read(in);
            if (read < 0) {
                throw new IOException("closed by the server");
            }
            in.flip();
            if (read > 0 && !busy) {
                throw new AnswerParser.MalformedAnswerException("an answer to no request");
            }
            if (parser.take(in)) {
                if (in.hasRemaining()) {
                    throw new AnswerParser.MalformedAnswerException("more than one answer to a request");
                }
                busy = false;
                return true;
            }
            if (read < in.capacity()) {
                return false;
            }
        }
    }

    void close() {
        busy = false;
        SocketChannel open = channel;
        channel = null;
        key = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException ignored) {
                // It is given up in any case.
            }
        }
    }

    boolean isConnected() {
        return channel != null;
    }

    /** Whether a request is on its way. */
    boolean isBusy() {
        return busy;
    }

    /** The last request. */
    Workload.Request request() {
        return request;
    }

    /** From when the latency of the last request counts. */
    long startedAt() {
        return startedAt;
    }

    /** When the last request was sent. */
    long sentAt() {
        return sentAt;
    }

    /** When to connect again. */
    long retryAt() {
        return retryAt;
    }

    void retryAt(long nanos) {
        retryAt = nanos;
    }

    AnswerParser answer() {
        return parser;
    }
}
