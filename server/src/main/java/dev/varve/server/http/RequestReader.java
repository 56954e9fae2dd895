package dev.varve.server.http;

import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.Problem;
import dev.varve.protocol.ProblemException;
import dev.varve.storage.StoreOptions;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Takes the requests of one connection from its {@link RequestDecoder}, one after the other. It takes the next one only when
 * there is room for it: while a request waits for memory, for its turn, or is being worked on, what follows stays in the
 * socket, but for a little that has been read already. Belongs to one event loop.
 */
final class RequestReader implements RequestDecoder.Intake {

    /** A body that is not wanted is read to its end if it is no longer than this, to keep the connection. */
    private static final int DISCARDED_BYTES_MAX = 64 << 10;

    /** Bytes that are read while no request can be begun, before the socket is left unread. */
    private static final int READ_AHEAD_BYTES = 16 << 10;

    private static final byte[] NO_BYTES = new byte[0];

    /** What the connection is doing with its input. */
    enum State {
        /** Reading, or waiting for, the head of a request. */
        HEAD,
        /** Waiting for memory. */
        MEMORY,
        /** Waiting until all earlier requests are answered. */
        TURN,
        /** Reading a body, or the end of a request without one. */
        BODY,
        /** The request is understood and its answer is being made. */
        WORK,
        /** The last answer is sent; what still arrives is thrown away until the client closes. */
        LINGER,
        /** Gone. */
        CLOSED
    }

    private final HttpConnection connection;
    private final ServerContext server;
    private final EventLoopContext loop;
    private final RequestDecoder decoder;

    private State state = State.HEAD;

    // Of the request that is being taken in.
    private @Nullable Request request;
    private @Nullable RequestBody body;
    private @Nullable Problem problemBehindBody;
    private long leaseBytes;
    private MemoryBudget.@Nullable Waiter waiter;
    private long waits;
    private @Nullable Runnable onTurn;

    RequestReader(HttpConnection connection, EventLoopContext loop) {
        this.connection = connection;
        this.loop = loop;
        this.server = loop.server();
        this.decoder = new RequestDecoder(this, server.requestLineBytesMax(), server.headerBytesMax());
    }

    RequestDecoder decoder() {
        return decoder;
    }

    State state() {
        return state;
    }

    /** The request that is being taken in or worked on, if its head has been understood. */
    @Nullable
    Request request() {
        return request;
    }

    @Nullable
    RequestBody body() {
        return body;
    }

    /** True if bytes have come that are not looked at yet. */
    boolean hasInput() {
        return decoder.heldBytes() > 0;
    }

    /** Does whatever can be done now with the input. */
    void advance() {
        if (state == State.TURN && connection.unanswered().isEmpty()) {
            takeTurn();
        }
        decoder.resume();
    }

    // ---- What the decoder asks ----

    @Override
    public void arrived(int bytes) {
        connection.timeouts().received(loop.now(), bytes);
    }

    @Override
    public boolean wantsInput() {
        return state == State.BODY || (state == State.HEAD && connection.canBegin());
    }

    @Override
    public boolean dropsInput() {
        return state == State.LINGER || state == State.CLOSED;
    }

    @Override
    public void decoded() {
        if (connection.inputEnded()) {
            endWithInput();
        }
        connection.setReading(
                switch (state) {
                    case BODY, LINGER -> true;
                    case MEMORY, CLOSED -> false;
                    case HEAD -> connection.canBegin() || decoder.heldBytes() < READ_AHEAD_BYTES;
                    case TURN, WORK -> decoder.heldBytes() < READ_AHEAD_BYTES;
                });
    }

    /** The client has ended its side: what has not come by now never will. */
    private void endWithInput() {
        if (state == State.BODY) {
            refuse(new Problem(
                    ErrorCode.BODY_UNREADABLE,
                    "The connection was closed before the whole body had come.",
                    "Send the request again; nothing was stored."));
        } else if (state == State.HEAD && connection.unanswered().isEmpty() && (connection.canBegin() || !hasInput())) {
            connection.closeWhenSent();
        }
    }

    @Override
    public void closed() {
        state = State.CLOSED;
        abandon();
    }

    // ---- Requests ----

    /** Takes a piece of a request; the caller releases it. */
    void take(HttpObject piece) {
        if (piece instanceof HttpRequest head) {
            begin(head);
        } else if (piece instanceof HttpContent content && state == State.BODY) {
            takeBody(content);
        } // Else it belongs to a request that has been refused.
    }

    private void begin(HttpRequest decoded) {
        long now = loop.now();
        connection.timeouts().begun(now);
        RequestHead head;
        try {
            head = RequestHead.of(decoded);
        } catch (ProblemException e) {
            refuse(e.problem());
            return;
        }
        Request understood;
        try {
            understood = Request.of(
                    head,
                    now,
                    connection.timeouts().requestNanos(),
                    server.options().store());
        } catch (ProblemException e) {
            refuseBeforeBody(head, Request.unknown(head, now, head.keepAlive()), e.problem());
            return;
        }
        request = understood;
        if (!understood.keepAlive()) {
            connection.takeNoMore();
        }
        if (head.hasBody()) {
            beginBody(head, understood);
        } else {
            // The decoder says at once that it has ended.
            state = State.BODY;
        }
    }

    // ---- Bodies ----

    private void beginBody(RequestHead head, Request understood) {
        if (head.contentLength() > bodyLimit(understood)) {
            refuseBeforeBody(
                    head, understood, tooLarge(understood, head.contentLength()).problem());
            return;
        }
        long memory = BatchHandler.memoryFor(understood, head.contentLength());
        withMemory(memory, () -> expectBody(head, understood));
    }

    private void expectBody(RequestHead head, Request understood) {
        boolean kept = problemBehindBody == null
                && understood.route() != null
                && understood.route().takesBody();
        body = new RequestBody(
                head.contentLength(),
                kept,
                bodyLimit(understood),
                actual -> tooLarge(understood, actual),
                this::reserveMore);
        if (head.expectsContinue() && !hasInput()) {
            whenFirst(() -> {
                connection.write(Unpooled.wrappedBuffer(AnswerWriter.CONTINUE));
                connection.flush();
                state = State.BODY;
            });
        } else {
            state = State.BODY;
        }
    }

    private void takeBody(HttpContent piece) {
        try {
            if (piece.decoderResult().isFailure()) {
                throw RequestHead.bodyNotDecoded(piece.decoderResult().cause());
            }
            if (body != null) {
                body.take(piece.content());
            }
        } catch (ProblemException e) {
            refuse(e.problem());
            return;
        }
        if (piece instanceof LastHttpContent) {
            endBody();
        }
    }

    private void endBody() {
        Request understood = Objects.requireNonNull(request, "a body belongs to a request");
        byte[] bytes = body == null ? NO_BYTES : body.bytes();
        Problem problem = problemBehindBody;
        body = null;
        problemBehindBody = null;
        state = State.WORK;
        if (problem == null) {
            connection.dispatch(understood, bytes);
        } else {
            connection.answer(understood, 0, problem);
        }
    }

    private long bodyLimit(Request understood) {
        StoreOptions limits = server.options().store();
        Route route = problemBehindBody == null ? understood.route() : null;
        if (route == Route.PUT) {
            return limits.maxValueBytes();
        }
        return route == Route.BATCH_PUT ? Limits.batchBodyBytesMax(limits) : DISCARDED_BYTES_MAX;
    }

    private ProblemException tooLarge(Request understood, long actualBytes) {
        StoreOptions limits = server.options().store();
        if (understood.route() == Route.PUT) {
            return Limits.valueTooLarge(actualBytes, limits);
        }
        return understood.route() == Route.BATCH_PUT
                ? Limits.batchBodyTooLarge(actualBytes, limits)
                : Limits.uselessBody(DISCARDED_BYTES_MAX);
    }

    // ---- Memory and turns ----

    private void reserveMore(long moreBytes) {
        // Not by waiting: who holds memory must not wait for more, or all would wait for each other.
        if (!server.budget().tryReserve(moreBytes)) {
            throw new ProblemException(Problems.overloaded("There is no memory for a chunked body."));
        }
        leaseBytes += moreBytes;
    }

    /** Goes on once so many bytes are reserved, which this request then holds. It may hold none before. */
    void withMemory(long bytes, Runnable whenGranted) {
        MemoryBudget budget = server.budget();
        long wanted = Math.min(bytes, budget.capacityBytes());
        if (wanted == 0 || budget.tryReserve(wanted)) {
            leaseBytes = wanted;
            whenGranted.run();
            return;
        }
        state = State.MEMORY;
        long wait = ++waits;
        waiter = budget.await(wanted, () -> loop.eventLoop().execute(() -> granted(wait, wanted, whenGranted)));
    }

    private void granted(long wait, long bytes, Runnable whenGranted) {
        if (state != State.MEMORY || waits != wait) {
            server.budget().release(bytes);
            return;
        }
        waiter = null;
        leaseBytes = bytes;
        state = State.WORK;
        whenGranted.run();
        advance();
    }

    /** Gives back the memory of the request at hand. */
    void releaseLease() {
        long bytes = takeLease();
        if (bytes > 0) {
            server.budget().release(bytes);
        }
    }

    /** Hands the memory of the request at hand to the caller, who has to release it. */
    long takeLease() {
        long bytes = leaseBytes;
        leaseBytes = 0;
        return bytes;
    }

    /** Goes on once everything before this request is answered. */
    void whenFirst(Runnable turn) {
        if (connection.unanswered().isEmpty()) {
            turn.run();
        } else {
            onTurn = turn;
            state = State.TURN;
        }
    }

    private void takeTurn() {
        Runnable turn = onTurn;
        onTurn = null;
        state = State.WORK;
        if (turn != null) {
            turn.run();
        }
    }

    // ---- Ends of requests ----

    /** The request at hand is answered, or its answer is due without more of it: the next one may come. */
    void next() {
        state = State.HEAD;
        request = null;
        body = null;
        connection.timeouts().awaitsHead(hasInput());
    }

    private void refuseBeforeBody(RequestHead head, Request refused, Problem problem) {
        request = refused;
        boolean shortBody = head.contentLength() >= 0 && head.contentLength() <= DISCARDED_BYTES_MAX;
        if (shortBody && !head.expectsContinue() && head.keepAlive()) {
            problemBehindBody = problem;
            expectBody(head, refused);
            return;
        }
        connection.takeNoMore();
        connection.answer(refused, 0, problem);
    }

    /** Answers whatever is being taken in with an error, behind which nothing is read. */
    void refuse(Problem problem) {
        Request refused = request != null ? request : Request.unknown(null, loop.now(), false);
        abandon();
        connection.takeNoMore();
        connection.answer(refused, 0, problem);
    }

    /** The last answer is on its way. */
    void linger() {
        state = State.LINGER;
        decoder.resume();
    }

    private void abandon() {
        onTurn = null;
        problemBehindBody = null;
        releaseLease();
        MemoryBudget.Waiter waiting = waiter;
        waiter = null;
        waits++;
        if (waiting != null) {
            server.budget().cancel(waiting);
        }
    }
}
