package dev.varve.server.http;

import dev.varve.server.metrics.LoopMetrics;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the connections of one event loop share: counters, the clock of their timeouts, and the way in for writes
 * that have been committed.
 *
 * <p>A group commit answers many writes at once. They come as a stack of exchanges, and only the one that finds the stack
 * empty wakes the loop: one wake-up for each group, not for each write. Each connection is then flushed once.
 *
 * <p>Timeouts are looked at for all connections together, {@value #TICKS_PER_SECOND} times a second: that costs some
 * nanoseconds for each connection, where a timer for each request would cost more than the request.
 *
 * <p>Thread safety: {@link #completed} may be called from anywhere, everything else on the loop.
 */
final class EventLoopContext {

    private static final int TICKS_PER_SECOND = 20;

    private static final Logger LOG = LoggerFactory.getLogger(EventLoopContext.class);

    private final ServerContext server;
    private final EventLoop eventLoop;
    private final LoopMetrics metrics = new LoopMetrics();
    private final AnswerWriter answers;
    private final Set<HttpConnection> connections = new HashSet<>();
    private volatile @Nullable Future<?> ticks;
    private final AtomicReference<@Nullable Exchange> completed = new AtomicReference<>();

    EventLoopContext(ServerContext server, EventLoop eventLoop, AnswerWriter answers) {
        this.server = server;
        this.eventLoop = eventLoop;
        this.answers = answers;
    }

    /** Begins to watch the timeouts. */
    void start() {
        ticks = eventLoop.scheduleAtFixedRate(
                this::tick, 0, TimeUnit.SECONDS.toNanos(1) / TICKS_PER_SECOND, TimeUnit.NANOSECONDS);
    }

    ServerContext server() {
        return server;
    }

    EventLoop eventLoop() {
        return eventLoop;
    }

    LoopMetrics metrics() {
        return metrics;
    }

    AnswerWriter answers() {
        return answers;
    }

    long now() {
        return server.ticker().nanos();
    }

    void opened(HttpConnection connection) {
        connections.add(connection);
    }

    void closed(HttpConnection connection) {
        connections.remove(connection);
    }

    /** Says that a write has its result. Called once for each exchange, from any thread. */
    void completed(Exchange exchange) {
        Exchange previous;
        do {
            previous = completed.get();
            exchange.previouslyCompleted = previous;
        } while (!completed.compareAndSet(previous, exchange));
        if (previous == null) {
            eventLoop.execute(this::settleCompleted);
        }
    }

    /** Asks every connection to close as soon as what it has begun is answered. */
    void drain() {
        for (HttpConnection connection : List.copyOf(connections)) {
            connection.drain();
        }
    }

    /** Closes every connection at once, and watches no more. */
    void abort() {
        Future<?> running = ticks;
        if (running != null) {
            running.cancel(false);
        }
        for (HttpConnection connection : List.copyOf(connections)) {
            connection.abort();
        }
    }

    private void settleCompleted() {
        List<HttpConnection> answered = new ArrayList<>();
        // The stack has the last one on top; answers go out in the order of each connection whatever the order is here.
        for (Exchange exchange = completed.getAndSet(null); exchange != null; ) {
            Exchange next = exchange.previouslyCompleted;
            exchange.previouslyCompleted = null;
            exchange.settle();
            server.budget().release(exchange.leaseBytes());
            if (exchange.connection().markAnswered()) {
                answered.add(exchange.connection());
            }
            exchange = next;
        }
        for (HttpConnection connection : answered) {
            connection.sendAnswers();
        }
    }

    private void tick() {
        answers.setTime(server.wallClock().instant());
        answers.setLeader(server.served().leader());
        if (!connections.isEmpty()) {
            long now = now();
            for (HttpConnection connection : List.copyOf(connections)) {
                checkTimeouts(connection, now);
            }
        }
    }

    private static void checkTimeouts(HttpConnection connection, long now) {
        try {
            connection.timeouts().check(now);
        } catch (RuntimeException e) {
            // One connection must not end the watch over all others.
            LOG.error("A connection is closed because of a defect", e);
            connection.abort();
        }
    }
}
