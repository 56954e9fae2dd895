package dev.varve.replication.transport;

import com.alipay.sofa.jraft.error.InvokeTimeoutException;
import com.alipay.sofa.jraft.error.RemotingException;
import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to one peer: at most one connection, made when it is wanted. Calls made while it is being made wait for it. After
 * a failed attempt calls fail at once for a short while, so that a dead peer costs nobody any time: JRaft calls under the
 * lock of its node.
 *
 * <p>Everything happens on the event loop, but for what is said to be callable from any thread.
 */
final class PeerLink {

    private static final Logger logger = LoggerFactory.getLogger(PeerLink.class);
    private static final long SWEEP_MILLIS = 10;
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** Nodes ask each other for their state twice a second: when nothing comes for so long, and an answer is late, something is broken. */
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final RaftTransport transport;
    private final EventLoop loop;
    private final String peer;
    private final AtomicInteger reserved = new AtomicInteger();

    /** The connection once both sides have said who they are; read from any thread. */
    private volatile @Nullable Channel live;

    private @Nullable Channel current;
    private boolean connecting;
    private boolean closed;
    private boolean flushing;
    private long retryNanos;
    private volatile String lastFailure = "";

    /** Calls that were sent or wait for the connection, in the order in which they were made. */
    private final Map<Long, Call> calls = new LinkedHashMap<>();

    private @Nullable ScheduledFuture<?> sweeper;

    /** When something came last on the connection there is. */
    private long heardNanos;

    PeerLink(RaftTransport transport, String peer) {
        this.transport = transport;
        this.loop = transport.loop();
        this.peer = peer;
        this.retryNanos = transport.ticker().nanos();
    }

    /** True if a message can be sent now. From any thread. */
    boolean ready() {
        Channel channel = live;
        return channel != null && channel.isActive() && channel.isWritable();
    }

    /** Takes one of the places for calls. From any thread. */
    void reserve() throws NotSentException {
        int limit = transport.options().maxCallsInFlight();
        if (reserved.incrementAndGet() > limit) {
            release();
            throw new NotSentException(
                    limit + " calls to " + peer + " wait for an answer, more are not taken (maxCallsInFlight)");
        }
    }

    private void release() {
        reserved.decrementAndGet();
    }

    /** Sends a call, whose place was reserved. From any thread; calls of one thread are sent in their order. */
    void send(Call call) {
        if (!onLoop(() -> accept(call))) {
            finish(call, null, new NotSentException("the transport is closed"));
        }
    }

    /** Why there is no connection, in words, or empty. From any thread. */
    String trouble() {
        return live == null ? lastFailure : "";
    }

    /** Begins to make a connection if there is none. From any thread. */
    void connectSoon() {
        onLoop(this::connect);
    }

    /** Closes the connection; the next call makes a new one. From any thread. */
    void disconnect() {
        onLoop(this::drop);
    }

    /** Closes the connection for good. From any thread. */
    void close() {
        onLoop(() -> {
            closed = true;
            if (sweeper != null) {
                sweeper.cancel(false);
            }
            drop();
            failAll("the transport is closed", true);
        });
    }

    private boolean onLoop(Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    private void accept(Call call) {
        if (closed) {
            finish(call, null, new NotSentException("the transport is closed"));
            return;
        }
        Channel channel = live;
        if (channel == null && !connect()) {
            finish(call, null, new NotSentException("there is no connection to " + peer + ": " + lastFailure));
            return;
        }
        if (sweeper == null) {
            sweeper = loop.scheduleWithFixedDelay(this::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
        }
        calls.put(call.number(), call);
        if (channel != null) {
            write(channel, call);
        }
    }

    private void write(Channel channel, Call call) {
        var _ = channel.write(call.frame().retainedDuplicate(), channel.voidPromise());
        if (!flushing) {
            flushing = true;
            // Behind the calls that are queued already, so that they leave in one system call.
            loop.execute(() -> {
                flushing = false;
                channel.flush();
            });
        }
    }

    /** Begins to make a connection; false if one was tried in vain just now, or the peer is unknown. */
    private boolean connect() {
        if (connecting || live != null) {
            return true;
        }
        if (closed || transport.ticker().nanos() - retryNanos < 0) {
            return false;
        }
        InetSocketAddress address = transport.addresses().resolve(peer);
        if (address == null) {
            lastFailure = "its address is unknown";
            retryNanos = transport.ticker().nanos() + RETRY_NANOS;
            return false;
        }
        connecting = true;
        ChannelFuture attempt = bootstrap().connect(address);
        current = attempt.channel();
        attempt.addListener(done -> {
            if (!done.isSuccess()) {
                Throwable cause = done.cause();
                lost(attempt.channel(), cause == null ? "cancelled" : String.valueOf(cause.getMessage()));
            }
        });
        var _ = loop.schedule(
                () -> giveUp(attempt.channel()), transport.options().connectMillis(), TimeUnit.MILLISECONDS);
        return true;
    }

    private void giveUp(Channel attempt) {
        if (connecting && attempt.equals(current)) {
            lost(attempt, "no connection in " + transport.options().connectMillis() + " ms");
            var _ = attempt.close();
        }
    }

    private Bootstrap bootstrap() {
        int pending = transport.options().maxPendingBytes();
        return new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(
                        ChannelOption.CONNECT_TIMEOUT_MILLIS,
                        transport.options().connectMillis())
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(pending / 2, pending))
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        TlsCredentials tls = transport.security().tls();
                        if (tls != null) {
                            channel.pipeline().addLast(tls.handler(channel.alloc(), true));
                        }
                        FrameDecoder decoder =
                                new FrameDecoder(transport.options().maxFrameBytes());
                        channel.pipeline().addLast(decoder, new Handler(decoder));
                    }
                });
    }

    /** The connection's end of the pipeline. */
    private final class Handler extends SimpleChannelInboundHandler<Frame> {

        private final FrameDecoder decoder;
        private final CallerGreeting greeting;

        Handler(FrameDecoder decoder) {
            this.decoder = decoder;
            TransportIdentity self = transport.identity();
            this.greeting = new CallerGreeting(self.cluster(), self.node(), peer, transport.security());
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            if (transport.security().tls() == null) {
                begin(context);
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake) {
                if (handshake.isSuccess()) {
                    begin(context);
                } else {
                    exceptionCaught(context, handshake.cause());
                }
            }
        }

        private void begin(ChannelHandlerContext context) {
            try {
                say(context, FrameKind.HELLO, greeting.begin(TlsCredentials.names(context.channel())));
            } catch (GreetingException e) {
                end(context, String.valueOf(e.getMessage()));
            }
        }

        private void say(ChannelHandlerContext context, FrameKind kind, byte[] body) {
            var _ = context.writeAndFlush(FrameFormat.encode(context.alloc(), kind, 0, body), context.voidPromise());
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, Frame frame) {
            heardNanos = transport.ticker().nanos();
            if (greeting.answer() == null) {
                greet(context, frame);
                return;
            }
            switch (frame.kind()) {
                case RESPONSE -> answered(frame);
                case FAILURE -> refused(context.channel(), frame);
                case HELLO, REQUEST, CHALLENGE, PROOF ->
                    end(context, "the peer sent what does not belong on a connection that is not its own");
            }
        }

        private void greet(ChannelHandlerContext context, Frame frame) {
            try {
                byte[] proof = greeting.next(frame);
                if (proof != null) {
                    say(context, FrameKind.PROOF, proof);
                } else {
                    decoder.trust();
                    greeted(context.channel());
                }
            } catch (GreetingException e) {
                end(context, String.valueOf(e.getMessage()));
            }
        }

        private void end(ChannelHandlerContext context, String why) {
            lost(context.channel(), why);
            var _ = context.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            lost(context.channel(), greeting.answer() == null ? CallerGreeting.SILENT : "the connection was closed");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            String words = TlsCredentials.words(cause);
            end(context, words == null ? cause.toString() : words);
        }
    }

    private void greeted(Channel channel) {
        if (!channel.equals(current) || live != null) {
            return;
        }
        connecting = false;
        live = channel;
        lastFailure = "";
        logger.info("connected to {} at {}", peer, channel.remoteAddress());
        calls.values().forEach(call -> write(channel, call));
        transport.connected(peer);
    }

    private void answered(Frame frame) {
        Call call = calls.remove(frame.call());
        if (call == null) {
            return; // It has timed out.
        }
        try {
            finish(
                    call,
                    frame.message() >= MessageNumbers.FIRST_OWN ? frame.body() : MessageNumbers.parse(frame),
                    null);
        } catch (InvalidProtocolBufferException e) {
            finish(call, null, new RemotingException("the answer of " + peer + " cannot be read", e));
        }
    }

    private void refused(Channel channel, Frame frame) {
        String words = frame.text();
        if (frame.call() == 0) {
            lost(channel, words);
            var _ = channel.close();
            return;
        }
        Call call = calls.remove(frame.call());
        if (call != null) {
            finish(call, null, new RemotingException(peer + " refuses: " + words));
        }
    }

    private void drop() {
        Channel channel = current;
        if (channel != null) {
            lost(channel, "the connection was closed here");
            var _ = channel.close();
        }
    }

    /** A connection, or an attempt, has come to its end. */
    private void lost(Channel channel, String why) {
        if (!channel.equals(current)) {
            return;
        }
        boolean sent = live != null;
        if (sent) {
            logger.info("lost the connection to {}: {}", peer, why);
        } else if (!why.equals(lastFailure)) {
            logger.info("cannot connect to {}: {}", peer, why);
        }
        if (connecting) {
            retryNanos = transport.ticker().nanos() + RETRY_NANOS;
        }
        lastFailure = why;
        connecting = false;
        current = null;
        live = null;
        failAll(why, sent);
    }

    private void failAll(String why, boolean sent) {
        List<Call> failed = new ArrayList<>(calls.values());
        calls.clear();
        String words = "the call to " + peer + " failed: " + why;
        failed.forEach(call -> finish(call, null, sent ? new RemotingException(words) : new NotSentException(words)));
    }

    private void sweep() {
        long now = transport.ticker().nanos();
        List<Call> late = new ArrayList<>();
        for (Iterator<Call> each = calls.values().iterator(); each.hasNext(); ) {
            Call call = each.next();
            if (now - call.deadlineNanos() >= 0) {
                each.remove();
                late.add(call);
            }
        }
        // Calls wait unsent while there is no connection.
        boolean sent = live != null;
        String words = sent ? "no answer from " + peer + " in time" : "no connection to " + peer + " in time";
        late.forEach(
                call -> finish(call, null, sent ? new InvokeTimeoutException(words) : new NotSentException(words)));
        if (sent && !late.isEmpty() && now - heardNanos >= SILENCE_NANOS) {
            replaceSilent();
        }
    }

    /**
     * Closes a connection on which nothing comes any more, not even an end: the peer's machine lost its power, or something between forgot the
     * connection. TCP itself would notice only after minutes. If the peer is just slow it is asked who it is once more.
     */
    private void replaceSilent() {
        Channel channel = current;
        if (channel != null) {
            lost(channel, "nothing came for " + TimeUnit.NANOSECONDS.toMillis(SILENCE_NANOS) + " ms");
            var _ = channel.close();
        }
    }

    private void finish(Call call, @Nullable Object answer, @Nullable Throwable failure) {
        release();
        call.complete(answer, failure);
    }
}
