package dev.varve.server.http;

import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.Problem;
import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.RequestId;
import dev.varve.server.http.RequestReader.State;
import dev.varve.storage.Durability;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection: hands the requests that its {@link RequestReader} finds to where they are answered, and sends the answers
 * in the order of the requests.
 *
 * <p>Writes are handed on one behind the other, up to {@value #PIPELINE_DEPTH} without an answer; their order is kept. A read waits until all writes before it on this connection are answered, so that it sees
 * them.
 *
 * <p>Belongs to one event loop.
 */
final class HttpConnection extends ChannelInboundHandlerAdapter {

    /** Writes that one connection may have without an answer. */
    static final int PIPELINE_DEPTH = 128;

    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long LINGER_NANOS_DRAINING = TimeUnit.MILLISECONDS.toNanos(500);
    private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);

    private final EventLoopContext loop;
    private final Channel channel;
    private final ConnectionTimeouts timeouts;
    private final RequestReader reader;
    private final ReadHandler reads;
    private final BatchHandler batches;

    /** Requests whose answers are due, oldest first. */
    private final Deque<Exchange> unanswered = new ArrayDeque<>(2);

    private final boolean refusedAtTheDoor;
    private boolean inReadBurst;
    private boolean unflushed;
    private boolean answeredMark;
    private boolean noMoreRequests;
    private boolean inputEnded;

    /**
     * A connection that has been accepted.
     *
     * @param refusedAtTheDoor true if there are too many: it is only told so
     */
    HttpConnection(EventLoopContext loop, Channel channel, boolean refusedAtTheDoor) {
        this.loop = loop;
        this.channel = channel;
        this.refusedAtTheDoor = refusedAtTheDoor;
        this.timeouts = new ConnectionTimeouts(this, loop.server().options().timeouts(), loop.now());
        this.reader = new RequestReader(this, loop);
        this.reads = new ReadHandler(this);
        this.batches = new BatchHandler(this);
    }

    EventLoopContext loop() {
        return loop;
    }

    ServerContext server() {
        return loop.server();
    }

    Channel channel() {
        return channel;
    }

    RequestReader reader() {
        return reader;
    }

    ConnectionTimeouts timeouts() {
        return timeouts;
    }

    Deque<Exchange> unanswered() {
        return unanswered;
    }

    // ---- Requests ----

    @Override
    public void channelActive(ChannelHandlerContext context) {
        loop.opened(this);
        if (server().draining()) {
            Sockets.close(channel);
        } else if (refusedAtTheDoor) {
            reader.refuse(new Problem(
                    ErrorCode.TOO_MANY_CONNECTIONS,
                    "There are as many connections as the limit of "
                            + server().options().maxConnections() + ".",
                    "Try again later, use fewer connections, or start the server with a larger --max-connections."));
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        inReadBurst = true;
        try {
            reader.take((HttpObject) message);
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        inReadBurst = false;
        if (unflushed) {
            unflushed = false;
            channel.flush();
        }
    }

    /** True if there is room for one more request. */
    boolean canBegin() {
        return !noMoreRequests && unanswered.size() < PIPELINE_DEPTH && channel.isWritable() && !server().draining();
    }

    /** True once the client has ended its side. */
    boolean inputEnded() {
        return inputEnded;
    }

    /** Begins no request behind the one at hand. */
    void takeNoMore() {
        noMoreRequests = true;
    }

    void setReading(boolean wanted) {
        if (channel.config().isAutoRead() != wanted) {
            channel.config().setAutoRead(wanted);
        }
    }

    /** Takes a request that has come whole to where it is answered. */
    void dispatch(Request request, byte[] body) {
        switch (request.route()) {
            case PUT ->
                submit(
                        request,
                        request.terms().onlyIfAbsent()
                                ? Command.putIfAbsent(request.key(), body)
                                : Command.put(request.key(), body));
            case DELETE -> submit(request, Command.deleteExisting(request.key()));
            case BATCH_PUT -> batches.begin(request, body);
            case READ,
                    RANGE,
                    ROOT,
                    LIVEZ,
                    READYZ,
                    METRICS,
                    CLUSTER,
                    MEMBERS,
                    PROMOTE,
                    TRANSFER,
                    COMPARE,
                    DIGESTS,
                    DAMAGE,
                    SCRUB -> reader.whenFirst(() -> reads.begin(request));
            case null -> throw new IllegalStateException("a request without a route is not dispatched");
        }
    }

    /** Hands a write on; the connection goes on to the next request. */
    void submit(Request request, Command command) {
        if (loop.now() - request.deadlineNanos() > 0) {
            reader.releaseLease();
            answer(request, 0, Problems.deadlineExceeded());
            return;
        }
        Exchange exchange = new Exchange(this, request, reader.takeLease());
        unanswered.add(exchange);
        reader.next();
        byte[] name = request.terms().idempotencyKey();
        Command named = name == null ? command : command.named(RequestId.ofClient(name, command));
        Durability asked = request.terms().durability();
        Durability durability = asked == null ? Durability.MAJORITY : asked;
        server().served().submit(named, durability, request.deadlineNanos(), exchange);
    }

    // ---- Answers ----

    /** Answers a request without a body of its own, in its turn, and goes on to the next one. */
    void answer(Request request, long revision, @Nullable Problem problem) {
        Exchange exchange = new Exchange(this, request, 0);
        exchange.settle(revision, problem);
        unanswered.add(exchange);
        reader.next();
        sendAnswers();
    }

    /** Notes that an answer is there; returns false if that was noted already. */
    boolean markAnswered() {
        boolean first = !answeredMark;
        answeredMark = true;
        return first;
    }

    /** Sends the answers that are there, in the order of the requests, and goes on. */
    void sendAnswers() {
        answeredMark = false;
        boolean sent = false;
        long now = loop.now();
        for (Exchange next = unanswered.peek(); next != null && next.answerable(); next = unanswered.peek()) {
            unanswered.remove();
            Request request = next.request();
            boolean close = closesAfterThis();
            Problem problem = next.problem();
            write(
                    problem == null
                            ? loop.answers().written(channel.alloc(), request, close, next.revision())
                            : loop.answers().problem(channel.alloc(), request, close, problem));
            count(request, next.error(), now);
            sent = true;
            if (close) {
                end();
                return;
            }
        }
        if (sent) {
            flush();
            reader.advance();
        }
    }

    /** True if nothing will be answered on this connection behind the answer that is about to be sent. */
    boolean closesAfterThis() {
        return unanswered.isEmpty()
                && (noMoreRequests || server().draining() || (inputEnded && !reader.hasInput()))
                && (reader.state() == State.HEAD || reader.state() == State.WORK);
    }

    /** Ends the answer that was being made; {@code error} is null if it succeeded. */
    void workDone(Request request, @Nullable ErrorCode error) {
        reader.releaseLease();
        count(request, error, loop.now());
        boolean close = closesAfterThis();
        reader.next();
        if (close) {
            end();
        } else {
            flush();
            reader.advance();
        }
    }

    void count(Request request, @Nullable ErrorCode error, long now) {
        loop.metrics().answered(request.kind(), error, now - request.startNanos());
        timeouts.answered(now);
    }

    void write(ByteBuf bytes) {
        Sockets.write(channel, bytes);
    }

    /** Flushes now, or at the end of the bytes that are being read. */
    void flush() {
        if (inReadBurst) {
            unflushed = true;
        } else {
            channel.flush();
        }
    }

    void streamEnded(AnswerStream stream) {
        reads.streamEnded(stream);
    }

    void streamFailed(AnswerStream stream, RuntimeException failure) {
        reads.streamFailed(stream, failure);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (channel.isWritable()) {
            reads.writable();
            reader.advance();
        }
    }

    // ---- The end ----

    /**
     * Sends what is written and says that nothing follows, but reads on for a while: closing a socket with unread bytes
     * resets it, and the reset may overtake the last answer (RFC 9112, 9.6).
     */
    private void end() {
        noMoreRequests = true;
        unflushed = false;
        timeouts.lingering(loop.now() + (server().draining() ? LINGER_NANOS_DRAINING : LINGER_NANOS));
        reader.linger();
        if (inputEnded) {
            closeWhenSent();
        } else {
            Sockets.endOutputWhenSent(channel);
        }
    }

    /** Closes when everything that was written has been sent. */
    void closeWhenSent() {
        Sockets.closeWhenSent(channel);
    }

    /** Closes if nothing is in progress; otherwise the answer that is last will. */
    void drain() {
        if (reader.state() == State.HEAD && unanswered.isEmpty()) {
            Sockets.close(channel);
        } else if (reader.state() == State.LINGER) {
            timeouts.lingering(loop.now() + LINGER_NANOS_DRAINING);
        }
    }

    /** Resets the connection: what was sent of an answer cannot pass for the whole. */
    void abort() {
        Sockets.reset(channel);
    }

    /** Gives up an answer that is being made; returns false if some of it is sent already. */
    boolean abandonWork() {
        return reads.abandon() || batches.abandon();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (!(event instanceof ChannelInputShutdownEvent)) {
            return;
        }
        inputEnded = true;
        if (reader.state() == State.LINGER) {
            closeWhenSent();
        } else {
            reader.advance();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        loop.closed(this);
        abandonWork();
        unanswered.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof IOException)) {
            LOG.error("A connection is closed because of a defect", cause);
        }
        abort();
    }
}
