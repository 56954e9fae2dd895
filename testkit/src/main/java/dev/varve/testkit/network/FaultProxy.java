package dev.varve.testkit.network;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/** Listens on a loopback port and connects whoever comes with one address, as well as the conditions of the two directions allow. Thread-safe. */
public final class FaultProxy implements AutoCloseable {

    private static final int BACKLOG = 128;

    private final InetSocketAddress target;
    private final ServerSocket listener;
    private final Flow toTarget;
    private final Flow fromTarget;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private volatile boolean refusing;
    private volatile boolean closed;

    /** The two ends of a connection. */
    private static final class Connection {

        final Socket from;
        final Socket to = new Socket();
        volatile boolean silent;

        Connection(Socket from) {
            this.from = from;
        }

        void reset() {
            FaultProxy.reset(from);
            FaultProxy.reset(to);
        }
    }

    /**
     * Listens on any free port.
     *
     * @param target need not be listened on yet
     * @param random what the faults of single pieces are drawn from
     */
    public FaultProxy(InetSocketAddress target, Framing framing, RandomGenerator random) throws IOException {
        this.target = target;
        this.toTarget = new Flow(framing, new SplittableRandom(random.nextLong()));
        this.fromTarget = new Flow(framing, new SplittableRandom(random.nextLong()));
        this.listener = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("fault-proxy").start(this::accept);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort());
    }

    /** From who connects to the target. */
    public Flow toTarget() {
        return toTarget;
    }

    /** From the target to who connected. */
    public Flow fromTarget() {
        return fromTarget;
    }

    /** Both directions alike. */
    public void set(Conditions conditions) {
        toTarget.set(conditions);
        fromTarget.set(conditions);
    }

    /** Resets new connections from now on, or no longer. */
    public void refuse(boolean refuse) {
        refusing = refuse;
    }

    /** Resets all connections there are. */
    public void reset() {
        connections.forEach(Connection::reset);
    }

    /**
     * Has nothing more come through any connection there is, and tells neither side, as when a machine has lost its power, or a firewall its
     * memory. New ones can be made.
     */
    public void silence() {
        connections.forEach(connection -> connection.silent = true);
    }

    private void accept() {
        while (!closed) {
            try {
                Socket from = listener.accept();
                if (refusing) {
                    reset(from);
                } else {
                    Thread.ofVirtual().name("fault-proxy").start(() -> connect(from));
                }
            } catch (IOException e) {
                if (!closed) {
                    throw new IllegalStateException("the proxy cannot listen", e);
                }
            }
        }
    }

    private void connect(Socket from) {
        Connection connection = new Connection(from);
        connections.add(connection);
        try {
            connection.to.connect(target);
            from.setTcpNoDelay(true);
            connection.to.setTcpNoDelay(true);
        } catch (IOException nobodyThere) {
            end(connection);
            return;
        }
        Thread.ofVirtual().name("fault-proxy").start(() -> pass(fromTarget, connection, connection.to, from));
        pass(toTarget, connection, from, connection.to);
    }

    private void pass(Flow flow, Connection connection, Socket from, Socket to) {
        try {
            flow.pass(from.getInputStream(), to.getOutputStream(), () -> connection.silent);
            if (connection.silent) {
                return; // The other side is not to know.
            }
            to.shutdownOutput();
            if (!from.isOutputShutdown()) {
                return; // The other direction goes on, and ends both.
            }
        } catch (IOException | InterruptedException gone) {
            if (connection.silent) {
                return;
            }
        }
        end(connection);
    }

    private void end(Connection connection) {
        connection.reset();
        connections.remove(connection);
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException alreadyClosed) {
            // Nothing is left to be reset.
        }
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException("a socket cannot be closed", e);
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        listener.close();
        toTarget.close();
        fromTarget.close();
        reset();
    }
}
