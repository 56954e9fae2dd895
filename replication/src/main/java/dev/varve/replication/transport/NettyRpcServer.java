package dev.varve.replication.transport;

import com.alipay.sofa.jraft.rpc.RpcProcessor;
import com.alipay.sofa.jraft.rpc.RpcServer;
import com.alipay.sofa.jraft.rpc.impl.ConnectionClosedEventListener;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes calls of other nodes and hands them to JRaft's processors. Bound when its transport starts and closed with it;
 * {@link #init} and {@link #shutdown} are there for JRaft's interface. Thread-safe.
 */
public final class NettyRpcServer implements RpcServer {

    private static final Logger logger = LoggerFactory.getLogger(NettyRpcServer.class);

    private static final long SAY_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final RaftTransport transport;
    private final InetSocketAddress listen;
    private final Map<String, RpcProcessor<?>> processors = new ConcurrentHashMap<>();
    private final List<ConnectionClosedEventListener> closedListeners = new CopyOnWriteArrayList<>();
    private volatile @Nullable Channel channel;

    /** All connections, and those whose peer has said who it is; confined to the event loop. */
    private final Set<ServerConnection> connections = new HashSet<>();

    private final Map<String, ServerConnection> byPeer = new HashMap<>();

    /** Why a connection was refused, as it was logged last, and when; confined to the event loop. */
    private String saidWords = "";

    private long saidNanos;

    NettyRpcServer(RaftTransport transport, InetSocketAddress listen) {
        this.transport = transport;
        this.listen = listen;
    }

    void bind() throws IOException {
        ChannelFuture bound = new ServerBootstrap()
                .group(transport.loops())
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(
                                transport.options().maxPendingBytes() / 2,
                                transport.options().maxPendingBytes()))
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel accepted) {
                        accept(accepted);
                    }
                })
                .bind(listen)
                .awaitUninterruptibly();
        Throwable cause = bound.cause();
        if (cause != null) {
            throw new IOException("cannot listen for other nodes on " + listen + ": " + cause.getMessage(), cause);
        }
        channel = bound.channel();
    }

    private void accept(SocketChannel accepted) {
        int limit = transport.options().maxConnections();
        if (connections.size() >= limit) {
            logger.warn("refused a connection from {}: there are {} (maxConnections)", accepted.remoteAddress(), limit);
            var _ = accepted.close();
            return;
        }
        TlsCredentials tls = transport.security().tls();
        if (tls != null) {
            accepted.pipeline().addLast(tls.handler(accepted.alloc(), false));
        }
        FrameDecoder decoder = new FrameDecoder(transport.options().maxFrameBytes());
        ServerConnection connection = new ServerConnection(this, accepted, decoder);
        connections.add(connection);
        accepted.pipeline().addLast(decoder, connection);
    }

    RaftTransport transport() {
        return transport;
    }

    @Nullable
    RpcProcessor<?> processor(Class<?> message) {
        return processors.get(message.getName());
    }

    /** A peer has said who it is; its connection is welcome when its earlier ones have come to their end. */
    void admit(String peer, ServerConnection connection) {
        ServerConnection earlier = byPeer.put(peer, connection);
        if (earlier == null) {
            connection.welcome();
        } else {
            Future<?> end = earlier.endAll();
            connection.waitFor(end);
            end.addListener(done -> later(connection::welcome));
        }
    }

    /**
     * A connection is closed by this node, for a reason. A node that cannot get in tries again several times a second, so the same reason
     * is said once in a while only.
     */
    void refused(Channel connection, String words) {
        String host = String.valueOf(connection.remoteAddress()).replaceFirst(":[0-9]+$", "");
        long now = transport.ticker().nanos();
        if (words.equals(saidWords) && now - saidNanos < SAY_NANOS) {
            logger.debug("refused a connection from {}: {}", host, words);
            return;
        }
        saidWords = words;
        saidNanos = now;
        logger.warn("refused a connection from {}: {}", host, words);
    }

    private void later(Runnable task) {
        try {
            transport.loop().execute(task);
        } catch (RejectedExecutionException e) {
            logger.debug("the transport is closed, and all its connections with it", e);
        }
    }

    /** A connection is about to end; called once for each. */
    void ending(ServerConnection connection) {
        connections.remove(connection);
    }

    /** A connection has ended; called once for each, on a thread of its own. */
    void tellListeners(ServerConnection connection, String remoteAddress) {
        for (ConnectionClosedEventListener listener : closedListeners) {
            try {
                listener.onClosed(remoteAddress, connection);
            } catch (RuntimeException e) {
                logger.warn("a listener failed when the connection from {} was closed", remoteAddress, e);
            }
        }
    }

    /** Nothing of a connection is processed any more; called on any thread. */
    void ended(ServerConnection connection, String peer) {
        later(() -> byPeer.remove(peer, connection));
    }

    InetSocketAddress address() {
        Channel bound = channel;
        if (bound == null) {
            throw new IllegalStateException("the server is not bound");
        }
        return (InetSocketAddress) bound.localAddress();
    }

    /** Closes the port and all connections, and waits for it. */
    void closeConnections() {
        Channel bound = channel;
        if (bound != null) {
            bound.close().awaitUninterruptibly();
        }
        transport
                .loop()
                .submit(() -> List.copyOf(connections).forEach(ServerConnection::end))
                .awaitUninterruptibly();
    }

    @Override
    public void registerConnectionClosedEventListener(ConnectionClosedEventListener listener) {
        closedListeners.add(listener);
    }

    @Override
    public void registerProcessor(RpcProcessor<?> processor) {
        processors.put(processor.interest(), processor);
    }

    @Override
    public int boundPort() {
        return address().getPort();
    }

    @Override
    public boolean isStarted() {
        Channel bound = channel;
        return bound != null && bound.isActive();
    }

    @Override
    public boolean init(@Nullable Void nothing) {
        return isStarted();
    }

    @Override
    public void shutdown() {
        closeConnections();
    }
}
