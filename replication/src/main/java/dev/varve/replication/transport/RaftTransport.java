package dev.varve.replication.transport;

import dev.varve.storage.io.Ticker;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The network of one node: its event loop, its workers, and the server that other nodes call. Clients, of which JRaft makes
 * one for each Raft group, share the event loop and the workers.
 *
 * <p>One event loop carries all connections, so that what happens to them happens in one order: a peer that comes back is
 * never seen before its old connection is gone. It only moves bytes; a core's worth of it carries more than Raft asks for.
 *
 * <p>Thread-safe.
 */
public final class RaftTransport implements AutoCloseable {

    private static final int WORKERS = 4;
    private static final int WORKER_QUEUE = 4096;
    private static final long CLOSE_MILLIS = 2000;

    private final TransportIdentity identity;
    private final PeerAddresses addresses;
    private final TransportOptions options;
    private final Ticker ticker;
    private final EventLoopGroup loops;
    private final EventLoop loop;
    private final EventExecutorGroup workers;
    private final NettyRpcServer server;
    private final AtomicBoolean closed = new AtomicBoolean();

    private RaftTransport(
            TransportIdentity identity,
            PeerAddresses addresses,
            InetSocketAddress listen,
            TransportOptions options,
            Ticker ticker) {
        this.identity = identity;
        this.addresses = addresses;
        this.options = options;
        this.ticker = ticker;
        this.loops = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("varve-raft-io-" + identity.node(), true), NioIoHandler.newFactory());
        this.loop = loops.next();
        this.workers = new DefaultEventExecutorGroup(
                WORKERS,
                new DefaultThreadFactory("varve-raft-worker-" + identity.node(), true),
                WORKER_QUEUE,
                RejectedExecutionHandlers.reject());
        this.server = new NettyRpcServer(this, listen);
    }

    /**
     * Starts the network of a node.
     *
     * @param identity who the node is
     * @param addresses where the others are
     * @param listen where to listen; port 0 takes a free one: see {@link #address}
     * @throws IOException if it cannot listen there
     */
    public static RaftTransport start(
            TransportIdentity identity,
            PeerAddresses addresses,
            InetSocketAddress listen,
            TransportOptions options,
            Ticker ticker)
            throws IOException {
        RaftTransport transport = new RaftTransport(identity, addresses, listen, options, ticker);
        try {
            transport.server.bind();
        } catch (IOException | RuntimeException e) {
            transport.close();
            throw e;
        }
        return transport;
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.address();
    }

    /** What other nodes call. Processors are to be registered before the peers learn the address. */
    public NettyRpcServer server() {
        return server;
    }

    /** Who this node is. */
    public TransportIdentity identity() {
        return identity;
    }

    PeerAddresses addresses() {
        return addresses;
    }

    TransportOptions options() {
        return options;
    }

    Ticker ticker() {
        return ticker;
    }

    EventLoopGroup loops() {
        return loops;
    }

    EventLoop loop() {
        return loop;
    }

    EventExecutorGroup workers() {
        return workers;
    }

    /** Closes all connections at once, without a word to the peers, and ends the threads. Calls in flight fail. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        server.closeConnections();
        loops.shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS).awaitUninterruptibly(CLOSE_MILLIS);
        var _ = workers.shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS);
    }
}
