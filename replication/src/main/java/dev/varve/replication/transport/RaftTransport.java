package dev.varve.replication.transport;

import com.alipay.sofa.jraft.rpc.InvokeCallback;
import dev.varve.storage.io.Ticker;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network of one node: its event loop, its workers, one link to each peer, and the server that other nodes call. JRaft's
 * messages and our own calls share the links.
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

    private static final Logger logger = LoggerFactory.getLogger(RaftTransport.class);

    private final TransportIdentity identity;
    private final PeerAddresses addresses;
    private final TransportSecurity security;
    private final TransportOptions options;
    private final Ticker ticker;
    private final EventLoopGroup loops;
    private final EventLoop loop;
    private final EventExecutorGroup workers;
    private final NettyRpcServer server;
    private final Map<String, PeerLink> links = new ConcurrentHashMap<>();
    private final List<Consumer<String>> connectListeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<String>> disconnectListeners = new CopyOnWriteArrayList<>();
    private final Map<Integer, CallHandler> handlers = new ConcurrentHashMap<>();
    private final AtomicLong nextCall = new AtomicLong(1);
    private final AtomicBoolean closed = new AtomicBoolean();

    private RaftTransport(
            TransportIdentity identity,
            TransportSecurity security,
            PeerAddresses addresses,
            InetSocketAddress listen,
            TransportOptions options,
            Ticker ticker) {
        this.identity = identity;
        this.security = security;
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
        workers.forEach(each -> each.execute(() -> {})); // Started now: a thread is as nice as the one that starts it.
        this.server = new NettyRpcServer(this, listen);
    }

    /**
     * Starts the network of a node.
     *
     * @param identity who the node is
     * @param security how nodes prove who they are
     * @param addresses where the others are
     * @param listen where to listen; port 0 takes a free one: see {@link #address}
     * @throws IOException if it cannot listen there
     */
    public static RaftTransport start(
            TransportIdentity identity,
            TransportSecurity security,
            PeerAddresses addresses,
            InetSocketAddress listen,
            TransportOptions options,
            Ticker ticker)
            throws IOException {
        RaftTransport transport = new RaftTransport(identity, security, addresses, listen, options, ticker);
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

    /**
     * Has calls with this message number handled. To be registered before the peers learn the address.
     *
     * @param number {@value MessageNumbers#FIRST_OWN} or above
     */
    public void handle(int number, CallHandler handler) {
        handlers.put(number, handler);
    }

    @Nullable
    CallHandler handler(int number) {
        return handlers.get(number);
    }

    /**
     * Calls another node. Calls from one thread to one node arrive in their order.
     *
     * @param number of the message, for which the peer has a {@link #handle handler}
     * @param callback told once, on a thread of the transport, never within this call
     */
    public void call(String peer, int number, byte[] body, long timeoutMillis, CallCallback callback) {
        ByteBuf frame =
                FrameFormat.encode(UnpooledByteBufAllocator.DEFAULT, FrameKind.REQUEST, nextCall(), number, body);
        try {
            send(peer, frame, timeoutMillis, new InvokeCallback() {
                @Override
                public void complete(@Nullable Object answer, @Nullable Throwable failure) {
                    if (answer instanceof byte[] bytes) {
                        callback.answered(bytes);
                    } else {
                        callback.failed(
                                failure instanceof NotSentException,
                                failure == null ? "no answer" : String.valueOf(failure.getMessage()));
                    }
                }
            });
        } catch (NotSentException e) {
            String words = String.valueOf(e.getMessage());
            try {
                workers.execute(() -> callback.failed(true, words));
            } catch (RejectedExecutionException stopped) {
                callback.failed(true, words);
            }
        }
    }

    /** Sends a request, whose number is the next call's. */
    void send(String peer, ByteBuf frame, long timeoutMillis, InvokeCallback callback) throws NotSentException {
        if (frame.readableBytes() > options.maxFrameBytes()) {
            throw new NotSentException("a message of " + frame.readableBytes() + " bytes exceeds the limit of "
                    + options.maxFrameBytes() + " (maxFrameBytes)");
        }
        PeerLink link = link(peer);
        link.reserve();
        long deadline = ticker.nanos() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        link.send(new Call(FrameFormat.call(frame), frame, deadline, callback, workers));
    }

    long nextCall() {
        return nextCall.getAndIncrement();
    }

    /** Runs a task after a while, on the event loop: it must not block. */
    public void schedule(Runnable task, long delayMillis) {
        try {
            var _ = loop.schedule(task, delayMillis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            logger.debug("the transport is closed; nothing is done later", e);
        }
    }

    /** Why there is no connection to a peer, in words; empty if there is one, or none was wanted. */
    public String trouble(String peer) {
        PeerLink link = links.get(peer);
        return link == null ? "" : link.trouble();
    }

    PeerLink link(String peer) {
        return links.computeIfAbsent(peer, name -> new PeerLink(this, name));
    }

    void onConnect(Consumer<String> listener) {
        connectListeners.add(listener);
    }

    /** Has a listener told, on the event loop, when the connection that a peer has made to this node ends. */
    public void onDisconnect(Consumer<String> listener) {
        disconnectListeners.add(listener);
    }

    void disconnected(String peer) {
        disconnectListeners.forEach(listener -> listener.accept(peer));
    }

    void connected(String peer) {
        connectListeners.forEach(listener -> listener.accept(peer));
    }

    TransportSecurity security() {
        return security;
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
        links.values().forEach(PeerLink::close);
        loops.shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS).awaitUninterruptibly(CLOSE_MILLIS);
        var _ = workers.shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS);
    }
}
