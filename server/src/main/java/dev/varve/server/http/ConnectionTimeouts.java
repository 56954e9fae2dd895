package dev.varve.server.http;

import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.Problem;
import dev.varve.server.Timeouts;
import io.netty.channel.ChannelOutboundBuffer;

/**
 * Watches the time of one connection: deadlines of its requests, and clients that are slow to send or to take. All times
 * are nanoseconds of the server's ticker. Belongs to one event loop.
 */
final class ConnectionTimeouts {

    private final HttpConnection connection;
    private final Timeouts timeouts;
    private final long requestNanos;

    private long lastReceivedNanos;
    private long lastAnsweredNanos;

    /** Since when a head has been arriving; valid while one is. */
    private long headBeganNanos;

    private boolean headArriving;
    private long bodyBeganNanos;
    private long lingerUntilNanos;

    private long pendingBytes;
    private long pendingProgress;
    private long stalledSinceNanos;

    ConnectionTimeouts(HttpConnection connection, Timeouts timeouts, long now) {
        this.connection = connection;
        this.timeouts = timeouts;
        this.requestNanos = timeouts.request().toNanos();
        this.lastReceivedNanos = now;
        this.lastAnsweredNanos = now;
        this.stalledSinceNanos = now;
    }

    /** The deadline of a request that names none. */
    long requestNanos() {
        return requestNanos;
    }

    void received(long now, int bytes) {
        if (bytes > 0) {
            lastReceivedNanos = now;
            if (!headArriving) {
                headArriving = true;
                headBeganNanos = now;
            }
        }
    }

    /** A head has come whole. */
    void begun(long now) {
        bodyBeganNanos = now;
    }

    /** The next head may come, or some of it has come already. */
    void awaitsHead(boolean arriving) {
        headArriving = arriving;
        headBeganNanos = Math.max(lastReceivedNanos, lastAnsweredNanos);
    }

    void answered(long now) {
        lastAnsweredNanos = now;
    }

    void lingering(long untilNanos) {
        lingerUntilNanos = untilNanos;
    }

    void check(long now) {
        if (isStalled(now)) {
            connection.abort();
            return;
        }
        checkUnanswered(now);
        switch (connection.reader().state()) {
            case HEAD -> checkHead(now);
            case BODY -> checkBody(now);
            case MEMORY -> {
                if (isPastDeadline(now)) {
                    connection
                            .reader()
                            .refuse(Problems.overloaded(
                                    "There was no memory for the request before its deadline passed."));
                }
            }
            case TURN -> {
                if (isPastDeadline(now)) {
                    connection.reader().refuse(Problems.deadlineExceeded());
                }
            }
            case WORK -> {
                if (isPastDeadline(now) && connection.abandonWork()) {
                    connection.reader().refuse(Problems.deadlineExceeded());
                }
            }
            case LINGER -> {
                if (now - lingerUntilNanos > 0) {
                    Sockets.close(connection.channel());
                }
            }
            case CLOSED -> {}
        }
    }

    /** Writes that are on their way to the disk at their deadline may still be made. */
    private void checkUnanswered(long now) {
        boolean late = false;
        for (Exchange exchange : connection.unanswered()) {
            if (!exchange.answerable() && now - exchange.request().deadlineNanos() > 0) {
                exchange.settle(0, Problems.outcomeUnknown());
                late = true;
            }
        }
        if (late) {
            connection.sendAnswers();
        }
    }

    private void checkHead(long now) {
        if (!connection.unanswered().isEmpty() || !connection.canBegin()) {
            // Nothing is read of it for now, which is not for the client to answer for.
            headBeganNanos = now;
            return;
        }
        if (headArriving) {
            if (now - headBeganNanos > timeouts.header().toNanos()) {
                connection
                        .reader()
                        .refuse(tooSlow("The head of the request took longer than "
                                + timeouts.header().toMillis() + " ms to arrive."));
            }
        } else if (now - Math.max(lastReceivedNanos, lastAnsweredNanos)
                > timeouts.idle().toNanos()) {
            Sockets.close(connection.channel());
        }
    }

    private void checkBody(long now) {
        long graceNanos = timeouts.body().toNanos();
        RequestBody body = connection.reader().body();
        long received = body == null ? 0 : body.receivedBytes();
        double dueBytes = (now - bodyBeganNanos - graceNanos) / 1e9 * Timeouts.BODY_BYTES_PER_SECOND_MIN;
        if (now - Math.max(lastReceivedNanos, bodyBeganNanos) > graceNanos || received < dueBytes) {
            connection
                    .reader()
                    .refuse(tooSlow("The body of the request arrived too slowly: " + received + " bytes in "
                            + (now - bodyBeganNanos) / 1_000_000 + " ms."));
        } else if (isPastDeadline(now)) {
            connection.reader().refuse(Problems.deadlineExceeded());
        }
    }

    private boolean isPastDeadline(long now) {
        Request request = connection.reader().request();
        return request != null && now - request.deadlineNanos() > 0;
    }

    /** True if there are bytes for the client of which it has taken none for too long. */
    private boolean isStalled(long now) {
        ChannelOutboundBuffer pending = connection.channel().unsafe().outboundBuffer();
        if (pending == null) {
            return false;
        }
        long bytes = pending.totalPendingWriteBytes();
        long progress = pending.currentProgress();
        if (bytes == 0 || bytes != pendingBytes || progress != pendingProgress) {
            pendingBytes = bytes;
            pendingProgress = progress;
            stalledSinceNanos = now;
            return false;
        }
        return now - stalledSinceNanos > timeouts.write().toNanos();
    }

    private static Problem tooSlow(String detail) {
        return new Problem(
                ErrorCode.REQUEST_TIMEOUT,
                detail,
                "Send the request faster; nothing was changed. The connection is closed.");
    }
}
