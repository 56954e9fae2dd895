package dev.varve.replication.transport;

import com.alipay.sofa.jraft.rpc.Connection;
import com.alipay.sofa.jraft.rpc.RpcContext;
import com.alipay.sofa.jraft.rpc.RpcProcessor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that a peer made. Reading stops while too many of its calls are in progress or too many answers wait to be
 * sent, so that a peer cannot fill this node's memory.
 *
 * <p>Confined to its event loop, but for the methods of {@link Connection} and the answers, which come from any thread.
 */
final class ServerConnection extends SimpleChannelInboundHandler<Frame> implements Connection {

    private static final Logger logger = LoggerFactory.getLogger(ServerConnection.class);

    private final NettyRpcServer server;
    private final RaftTransport transport;
    private final Channel channel;
    private final FrameDecoder decoder;
    private final CalleeGreeting greeting;
    private final Map<String, Object> attributes = new ConcurrentHashMap<>();
    /** Runs, in the order in which they came, the requests of which JRaft wants it so, and last the end of the connection. */
    private final EventExecutor ordered;

    /** The end of the peer's earlier connections, if this one has to wait for it. */
    private @Nullable Future<?> before;

    /** Who the peer has proven to be, and who it is once it may be talked to. */
    private @Nullable String claimed;

    private @Nullable String peer;
    private int inProgress;
    /** Bytes of the requests in progress. */
    private long inProgressBytes;

    private boolean flushing;
    private boolean ended;

    ServerConnection(NettyRpcServer server, Channel channel, FrameDecoder decoder) {
        this.server = server;
        this.transport = server.transport();
        this.channel = channel;
        this.decoder = decoder;
        this.greeting = new CalleeGreeting(transport.identity(), transport.security());
        this.ordered = new DefaultEventExecutor(new DefaultThreadFactory(
                "varve-raft-append-" + transport.identity().node(), true));
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        var _ = context.executor()
                .schedule(this::requireHello, transport.options().connectMillis(), TimeUnit.MILLISECONDS);
    }

    private void requireHello() {
        if (claimed == null && !ended) {
            server.refused(channel, "it did not say who it is");
            end();
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, Frame frame) {
        if (ended) {
            return;
        }
        if (peer == null) {
            greet(frame);
        } else if (frame.kind() == FrameKind.REQUEST) {
            dispatch(frame);
        } else {
            refuse("a node that calls sends requests, not a frame of kind " + frame.kind());
        }
    }

    private void greet(Frame frame) {
        byte[] challenge;
        try {
            challenge = greeting.next(frame, TlsCredentials.names(channel));
        } catch (GreetingException e) {
            refuse(String.valueOf(e.getMessage()));
            return;
        }
        if (challenge != null) {
            var _ = channel.writeAndFlush(FrameFormat.encode(channel.alloc(), FrameKind.CHALLENGE, 0, challenge));
        }
        Hello caller = greeting.caller();
        if (caller == null) {
            return;
        }
        if (caller.asks()) {
            tellCluster();
            return;
        }
        claimed = caller.from();
        server.admit(caller.from(), this);
    }

    /** To a node that belongs to no cluster yet: tells the name of this one, and closes. */
    private void tellCluster() {
        var _ = channel.writeAndFlush(hello()).addListener(ChannelFutureListener.CLOSE);
        end(false);
    }

    private ByteBuf hello() {
        return FrameFormat.encode(channel.alloc(), FrameKind.HELLO, 0, greeting.answer());
    }

    /** The connection is welcome only after this. */
    void waitFor(Future<?> earlier) {
        before = earlier;
    }

    /** Nothing is left of the peer's earlier connections: this one may be used. */
    void welcome() {
        String from = claimed;
        if (ended || from == null) {
            return;
        }
        peer = from;
        decoder.trust();
        var _ = channel.writeAndFlush(hello());
    }

    private void refuse(String words) {
        server.refused(channel, words);
        var _ = channel.writeAndFlush(FrameFormat.encodeFailure(channel.alloc(), 0, words))
                .addListener(ChannelFutureListener.CLOSE);
        end(false);
    }

    private void dispatch(Frame frame) {
        Answer answer = new Answer(frame.call(), frame.body().length);
        inProgress++;
        inProgressBytes += answer.requestBytes;
        regulate();
        if (frame.message() >= MessageNumbers.FIRST_OWN) {
            dispatchOwn(frame, answer);
            return;
        }
        try {
            Message request = MessageNumbers.parse(frame);
            RpcProcessor<?> processor = server.processor(request.getClass());
            if (processor == null) {
                answer.fail("this node takes no " + request.getClass().getSimpleName());
                return;
            }
            executor(processor).execute(() -> handle(processor, request, answer));
        } catch (InvalidProtocolBufferException e) {
            answer.fail("the request cannot be read: " + e.getMessage());
        } catch (RejectedExecutionException e) {
            answer.fail("the node is overloaded or stopping");
        }
    }

    /** A call of our own: in the order of the connection, like those of which JRaft wants it so. */
    private void dispatchOwn(Frame frame, Answer answer) {
        CallHandler handler = transport.handler(frame.message());
        String from = peer;
        if (handler == null || from == null) {
            answer.fail("this node takes no message with number " + frame.message());
            return;
        }
        try {
            ordered.execute(() -> {
                try {
                    handler.handle(from, frame.body(), body -> answer.sendOwn(frame.message(), body));
                } catch (RuntimeException e) {
                    logger.error("the handler of message {} failed", frame.message(), e);
                    answer.fail("the node failed to process the request: " + e);
                }
            });
        } catch (RejectedExecutionException e) {
            answer.fail("the node is stopping");
        }
    }

    /**
     * Where a request is processed. A processor that chooses executors wants the order kept; its choice itself is not asked
     * for, since JRaft takes locks to make it that are held over waits of seconds, and this is the event loop.
     */
    private Executor executor(RpcProcessor<?> processor) {
        if (processor.executorSelector() != null) {
            return ordered;
        }
        Executor own = processor.executor();
        return own != null ? own : transport.workers().next();
    }

    @SuppressWarnings("unchecked") // A processor is registered under the class of what it takes.
    private static void handle(RpcProcessor<?> processor, Message request, Answer answer) {
        try {
            ((RpcProcessor<Message>) processor).handleRequest(answer, request);
        } catch (RuntimeException e) {
            logger.error("the processor of {} failed", request.getClass().getSimpleName(), e);
            answer.fail("the node failed to process the request: " + e);
        }
    }

    /** The answer to one call; given from any thread, once. */
    private final class Answer implements RpcContext {

        private final long call;
        private final int requestBytes;
        private final AtomicBoolean given = new AtomicBoolean();

        Answer(long call, int requestBytes) {
            this.call = call;
            this.requestBytes = requestBytes;
        }

        @Override
        public void sendResponse(Object response) {
            Message message = (Message) response;
            give(FrameFormat.encode(channel.alloc(), FrameKind.RESPONSE, call, MessageNumbers.of(message), message));
        }

        void sendOwn(int number, byte[] body) {
            give(FrameFormat.encode(channel.alloc(), FrameKind.RESPONSE, call, number, body));
        }

        void fail(String words) {
            give(FrameFormat.encodeFailure(channel.alloc(), call, words));
        }

        private void give(ByteBuf frame) {
            if (!given.compareAndSet(false, true)) {
                frame.release();
                return;
            }
            try {
                channel.eventLoop().execute(() -> send(frame, requestBytes));
            } catch (RejectedExecutionException e) {
                // The transport is closed, and the connection with it.
                frame.release();
            }
        }

        @Override
        public Connection getConnection() {
            return ServerConnection.this;
        }

        @Override
        public String getRemoteAddress() {
            return String.valueOf(channel.remoteAddress());
        }
    }

    private void send(ByteBuf frame, int requestBytes) {
        inProgress--;
        inProgressBytes -= requestBytes;
        if (ended) {
            frame.release();
            return;
        }
        var _ = channel.write(frame, channel.voidPromise());
        if (!flushing) {
            flushing = true;
            channel.eventLoop().execute(this::flush);
        }
        regulate();
    }

    /** Runs behind the answers that are queued already, so that they leave in one system call. */
    private void flush() {
        flushing = false;
        channel.flush();
    }

    private void regulate() {
        int calls = transport.options().maxCallsInFlight();
        int bytes = transport.options().maxPendingBytes();
        boolean full = inProgress >= calls || inProgressBytes >= bytes || !channel.isWritable();
        boolean room = inProgress <= calls / 2 && inProgressBytes <= bytes / 2 && channel.isWritable();
        boolean reading = channel.config().isAutoRead();
        if (reading && full) {
            channel.config().setAutoRead(false);
        } else if (!reading && room) {
            channel.config().setAutoRead(true);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        regulate();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (peer == null) {
            String words = TlsCredentials.words(cause);
            server.refused(channel, words == null ? cause.toString() : words);
        } else {
            logger.warn("closed the connection from {} ({}): {}", channel.remoteAddress(), peer, cause.toString());
        }
        end();
    }

    /** Ends the connection; what it still processes is the last. */
    void end() {
        end(true);
    }

    /** Ends the connection; done when nothing is processed any more of it, or of those that it waited for. */
    Future<?> endAll() {
        end(true);
        return ordered.terminationFuture();
    }

    private void end(boolean close) {
        if (!ended) {
            ended = true;
            server.ending(this);
            String known = peer;
            if (known != null) {
                transport.disconnected(known);
            }
            // Listeners wait, for locks of JRaft and for the end of its threads.
            ordered.execute(() -> server.tellListeners(this, String.valueOf(channel.remoteAddress())));
            if (before != null) {
                before.addListener(done -> finish());
            } else {
                finish();
            }
        }
        if (close) {
            var _ = channel.close();
        }
    }

    private void finish() {
        var _ = ordered.shutdownGracefully(0, 1, TimeUnit.DAYS);
        String from = claimed;
        if (from != null) {
            ordered.terminationFuture().addListener(done -> server.ended(this, from));
        }
    }

    @Override
    public @Nullable Object getAttribute(String key) {
        return attributes.get(key);
    }

    @Override
    public void setAttribute(String key, Object value) {
        attributes.put(key, value);
    }

    @Override
    public @Nullable Object setAttributeIfAbsent(String key, Object value) {
        return attributes.putIfAbsent(key, value);
    }

    @Override
    public void close() {
        var _ = channel.close();
    }
}
