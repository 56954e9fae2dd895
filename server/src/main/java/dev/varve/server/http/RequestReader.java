package dev.varve.server.http;

import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.Problem;
import dev.varve.protocol.ProblemException;
import dev.varve.protocol.RequestHead;
import dev.varve.storage.StoreOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Takes requests out of the bytes of one connection, one after the other. It takes the next one only when there is room for
 * it: while a request waits for memory, for its turn, or is being worked on, what follows stays in the socket, but for a
 * little that has been read already. Belongs to one event loop.
 */
final class RequestReader {

    /** A body that is not wanted is read to its end if it is no longer than this, to keep the connection. */
    private static final int DISCARDED_BYTES_MAX = 64 << 10;

    /** Bytes that are read while no request can be begun, before the socket is left unread. */
    private static final int READ_AHEAD_BYTES = 16 << 10;

    private static final int FIRST_LOOK_BYTES = 2048;
    private static final byte[] NO_BYTES = new byte[0];

    /** What the connection is doing with its input. */
    enum State {
        /** Reading, or waiting for, the head of a request. */
        HEAD,
        /** Waiting for memory. */
        MEMORY,
        /** Waiting until all earlier requests are answered. */
        TURN,
        /** Reading a body. */
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

    private State state = State.HEAD;
    private @Nullable ByteBuf input;
    private boolean advancing;

    // Of the request that is being taken in.
    private @Nullable Request request;
    private @Nullable RequestHead head;
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

    boolean hasInput() {
        return input != null && input.isReadable();
    }

    /** Takes over bytes that have arrived. */
    void received(ByteBuf in) {
        if (state == State.LINGER || state == State.CLOSED) {
            in.release();
            return;
        }
        if (input == null) {
            input = in;
        } else {
            input.writeBytes(in);
            in.release();
        }
        advance();
    }

    /** Does whatever can be done now with the input. */
    void advance() {
        if (advancing) {
            return;
        }
        advancing = true;
        try {
            while (step()) {
                // As long as it gets on.
            }
        } catch (ProblemException e) {
            refuse(e.problem());
        } finally {
            advancing = false;
        }
        if (input != null && !input.isReadable()) {
            input.release();
            input = null;
        }
        connection.setReading(
                switch (state) {
                    case BODY, LINGER -> true;
                    case MEMORY, CLOSED -> false;
                    case HEAD -> connection.canBegin() || readAheadBytes() < READ_AHEAD_BYTES;
                    case TURN, WORK -> readAheadBytes() < READ_AHEAD_BYTES;
                });
    }

    private boolean step() {
        return switch (state) {
            case HEAD -> hasInput() && connection.canBegin() && begin();
            case TURN -> connection.unanswered().isEmpty() && takeTurn();
            case BODY -> readBody();
            case MEMORY, WORK, LINGER, CLOSED -> false;
        };
    }

    private int readAheadBytes() {
        return input == null ? 0 : input.readableBytes();
    }

    private boolean begin() {
        ByteBuf in = input;
        RequestHead parsed = in == null ? null : parseHead(in);
        if (parsed == null) {
            return false;
        }
        head = parsed;
        long now = loop.now();
        connection.timeouts().begun(now);
        Request understood;
        try {
            understood = Request.of(
                    parsed,
                    now,
                    connection.timeouts().requestNanos(),
                    server.options().store());
        } catch (ProblemException e) {
            refuseBeforeBody(parsed, Request.unknown(parsed, now, parsed.keepAlive()), e.problem());
            return true;
        }
        request = understood;
        if (!understood.keepAlive()) {
            connection.takeNoMore();
        }
        if (parsed.hasBody()) {
            beginBody(parsed, understood);
        } else {
            dispatch(understood, NO_BYTES);
        }
        return true;
    }

    private @Nullable RequestHead parseHead(ByteBuf in) {
        byte[] scratch = loop.scratch();
        int length = Math.min(in.readableBytes(), FIRST_LOOK_BYTES);
        in.getBytes(in.readerIndex(), scratch, 0, length);
        RequestHead parsed = loop.parser().parse(scratch, 0, length);
        if (parsed == null && in.readableBytes() > length) {
            length = Math.min(in.readableBytes(), scratch.length);
            in.getBytes(in.readerIndex(), scratch, 0, length);
            parsed = loop.parser().parse(scratch, 0, length);
        }
        if (parsed != null) {
            in.skipBytes(parsed.length());
        }
        return parsed;
    }

    // ---- Bodies ----

    private void beginBody(RequestHead parsed, Request understood) {
        if (parsed.contentLength() > bodyLimit(understood)) {
            refuseBeforeBody(
                    parsed,
                    understood,
                    tooLarge(understood, parsed.contentLength()).problem());
            return;
        }
        long memory = BatchHandler.memoryFor(understood, parsed.contentLength());
        withMemory(memory, () -> expectBody(parsed, understood));
    }

    private void expectBody(RequestHead parsed, Request understood) {
        boolean kept = problemBehindBody == null
                && understood.route() != null
                && understood.route().takesBody();
        body = new RequestBody(
                parsed.contentLength(),
                kept,
                bodyLimit(understood),
                actual -> tooLarge(understood, actual),
                this::reserveMore);
        if (parsed.expectsContinue() && !hasInput()) {
            whenFirst(() -> {
                connection.write(Unpooled.wrappedBuffer(AnswerWriter.CONTINUE));
                connection.flush();
                state = State.BODY;
            });
        } else {
            state = State.BODY;
        }
    }

    private boolean readBody() {
        RequestBody arriving = body;
        ByteBuf in = input;
        Request understood = request;
        if (arriving == null || in == null || understood == null || !arriving.read(in)) {
            return false;
        }
        Problem problem = problemBehindBody;
        if (problem == null) {
            dispatch(understood, arriving.bytes());
        } else {
            problemBehindBody = null;
            connection.answer(understood, 0, problem);
        }
        return true;
    }

    private void dispatch(Request understood, byte[] bytes) {
        body = null;
        state = State.WORK;
        connection.dispatch(understood, bytes);
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
        onTurn = turn;
        state = State.TURN;
    }

    private boolean takeTurn() {
        Runnable turn = onTurn;
        onTurn = null;
        state = State.WORK;
        if (turn != null) {
            turn.run();
        }
        return true;
    }

    // ---- Ends of requests ----

    /** The request at hand is answered, or its answer is due without more of it: the next one may come. */
    void next() {
        state = State.HEAD;
        request = null;
        head = null;
        body = null;
    }

    private void refuseBeforeBody(RequestHead parsed, Request refused, Problem problem) {
        request = refused;
        boolean shortBody = parsed.contentLength() >= 0 && parsed.contentLength() <= DISCARDED_BYTES_MAX;
        if (parsed.hasBody() && shortBody && !parsed.expectsContinue() && parsed.keepAlive()) {
            problemBehindBody = problem;
            expectBody(parsed, refused);
            return;
        }
        if (parsed.hasBody() || !parsed.keepAlive()) {
            connection.takeNoMore();
        }
        connection.answer(refused, 0, problem);
    }

    /** Answers whatever is being taken in with an error, behind which nothing is read. */
    void refuse(Problem problem) {
        Request refused = request != null ? request : Request.unknown(head, loop.now(), false);
        abandon();
        connection.takeNoMore();
        connection.answer(refused, 0, problem);
    }

    /** The connection was closed by the client for its part. */
    void inputEnded() {
        if (state == State.BODY) {
            refuse(new Problem(
                    ErrorCode.BODY_UNREADABLE,
                    "The connection was closed before the whole body had come.",
                    "Send the request again; nothing was stored."));
        }
    }

    /** The last answer is on its way. */
    void linger() {
        state = State.LINGER;
        dropInput();
        connection.setReading(true);
    }

    /** The connection is gone. */
    void close() {
        state = State.CLOSED;
        abandon();
        dropInput();
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

    private void dropInput() {
        // While a step is being made its input is in use; it is dropped behind it.
        if (input != null) {
            if (advancing) {
                input.skipBytes(input.readableBytes());
            } else {
                input.release();
                input = null;
            }
        }
    }
}
