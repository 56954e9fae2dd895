package dev.varve.cli.bench;

import dev.varve.storage.io.Ticker;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Sends requests over many connections from the calling thread, and measures their answers. */
final class LoadGenerator implements AutoCloseable {

    private static final int RECEIVE_BYTES = 256 << 10;
    private static final long RECONNECT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long REQUEST_NANOS_MAX = TimeUnit.SECONDS.toNanos(30);
    private static final long SWEEP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** The selector sleeps for whole milliseconds only; shorter pauses are naps between looks at it. */
    private static final long NAP_NANOS_MAX = TimeUnit.MICROSECONDS.toNanos(20);

    private final Ticker ticker;
    private final RequestWriter writer;
    private final long valueBytes;
    private final Selector selector = Selector.open();
    private final List<BenchConnection> connections = new ArrayList<>();
    private final Deque<BenchConnection> idle = new ArrayDeque<>();
    private final ByteBuffer in = ByteBuffer.allocateDirect(RECEIVE_BYTES);

    /**
     * One run.
     *
     * @param workload what is asked
     * @param nanos how long; requests on their way at the end are awaited
     * @param operations how many requests; the run ends with whichever comes first
     * @param ratePerSecond how many requests are due a second; 0 for a closed loop
     */
    record Run(Workload workload, long nanos, long operations, double ratePerSecond) {}

    /** The state of a run. */
    private final class Course {
        private final Run run;
        private final Measurement measurement = new Measurement();
        private final long begunAt = ticker.nanos();
        private long sent;

        Course(Run run) {
            this.run = run;
        }

        boolean isOver(long now) {
            return now - begunAt >= run.nanos() || sent >= run.operations();
        }

        /** When request number {@link #sent} is due. */
        long dueAt() {
            return begunAt + (long) (sent * 1e9 / run.ratePerSecond());
        }
    }

    /**
     * Opens the connections.
     *
     * @param addresses servers, which get the connections in turn
     * @param valueBytes what a get must answer, in bytes
     * @throws IOException if one cannot be opened
     */
    LoadGenerator(List<InetSocketAddress> addresses, int clients, RequestWriter writer, long valueBytes, Ticker ticker)
            throws IOException {
        this.writer = writer;
        this.valueBytes = valueBytes;
        this.ticker = ticker;
        try {
            for (int i = 0; i < clients; i++) {
                InetSocketAddress address = addresses.get(i % addresses.size());
                BenchConnection connection = new BenchConnection(address, selector, Math.toIntExact(writer.bytesMax()));
                connections.add(connection);
                connection.connect();
                idle.add(connection);
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /**
     * Runs the load and returns when the last answer is there.
     *
     * @param watch sees the measurement ten times a second
     */
    Measurement run(Run run, Consumer<Measurement> watch) throws IOException {
        Course course = new Course(run);
        long nextSweep = course.begunAt;
        while (true) {
            long now = ticker.nanos();
            boolean over = course.isOver(now);
            if (over && connections.stream().noneMatch(BenchConnection::isBusy)) {
                break;
            }
            if (now >= nextSweep) {
                sweep(course, now);
                watch.accept(course.measurement);
                nextSweep = now + SWEEP_NANOS;
            }
            long pause = over ? SWEEP_NANOS : startDue(course, now);
            select(course, Math.min(pause, nextSweep - now));
        }
        long tookNanos = ticker.nanos() - course.begunAt;
        course.measurement.took(tookNanos);
        if (run.ratePerSecond() > 0) {
            long due = (long) Math.min((double) run.operations(), run.nanos() / 1e9 * run.ratePerSecond());
            course.measurement.unsent(Math.max(0, due - course.sent));
        }
        return course.measurement;
    }

    /** Sends on idle connections what is due, and returns how long to wait for the next. */
    private long startDue(Course course, long now) {
        while (!idle.isEmpty() && course.sent < course.run.operations()) {
            long at = now;
            if (course.run.ratePerSecond() > 0) {
                at = course.dueAt();
                if (at > now) {
                    return at - now;
                }
            }
            start(course, idle.remove(), at, now);
        }
        return SWEEP_NANOS;
    }

    private void start(Course course, BenchConnection connection, long at, long now) {
        course.sent++;
        try {
            connection.send(course.run.workload().next(), writer, at, now);
        } catch (IOException e) {
            lost(course, connection, e);
        }
    }

    private void select(Course course, long pauseNanos) throws IOException {
        long pauseMillis = TimeUnit.NANOSECONDS.toMillis(pauseNanos);
        int ready = pauseMillis > 0 ? selector.select(pauseMillis) : selector.selectNow();
        if (ready == 0 && pauseMillis == 0) {
            LockSupport.parkNanos(Math.min(pauseNanos, NAP_NANOS_MAX));
        }
        if (ready > 0) {
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.isValid() && key.attachment() instanceof BenchConnection connection) {
                    handle(course, connection, key);
                }
            }
            selector.selectedKeys().clear();
        }
    }

    private void handle(Course course, BenchConnection connection, SelectionKey key) {
        try {
            if (key.isWritable()) {
                connection.flush();
            }
            if (!key.isReadable() || !connection.receive(in)) {
                return;
            }
        } catch (IOException e) {
            lost(course, connection, e);
            return;
        } catch (AnswerParser.MalformedAnswerException e) {
            course.measurement.failed("malformed answer: " + e.getMessage());
            disconnect(connection);
            return;
        }
        long now = ticker.nanos();
        answered(course, connection, now);
        if (!connection.answer().keepAlive()) {
            disconnect(connection);
        } else if (course.run.ratePerSecond() > 0 || course.isOver(now)) {
            idle.add(connection);
        } else {
            start(course, connection, now, now);
        }
    }

    private void answered(Course course, BenchConnection connection, long now) {
        Workload.Request request = connection.request();
        AnswerParser answer = connection.answer();
        if (answer.status() != 200) {
            course.measurement.failed("status " + answer.status());
        } else if (request.operation() == Operation.GET && answer.bodyBytes() != valueBytes) {
            course.measurement.failed("value of a wrong size");
        } else {
            course.measurement.succeeded(request.operation(), now - connection.startedAt(), answer.bodyBytes());
            course.run.workload().succeeded(request);
        }
    }

    private void lost(Course course, BenchConnection connection, IOException e) {
        // A connection that breaks while nothing is asked is opened again without a word.
        if (connection.isBusy()) {
            course.measurement.failed(e instanceof ConnectException ? "connection refused" : "connection lost");
        }
        disconnect(connection);
    }

    /** Takes the connection out of use until the next sweep. */
    private void disconnect(BenchConnection connection) {
        connection.close();
        idle.remove(connection);
        connection.retryAt(ticker.nanos());
    }

    /** Gives up requests that take too long, and opens lost connections again. */
    private void sweep(Course course, long now) {
        for (BenchConnection connection : connections) {
            if (connection.isBusy() && now - connection.sentAt() > REQUEST_NANOS_MAX) {
                course.measurement.failed("no answer within 30 s");
                disconnect(connection);
            }
            if (connection.isConnected() || now < connection.retryAt()) {
                continue;
            }
            try {
                connection.connect();
                idle.add(connection);
            } catch (IOException e) {
                course.measurement.failed("connection refused");
                connection.retryAt(now + RECONNECT_NANOS);
            }
        }
    }

    @Override
    public void close() throws IOException {
        connections.forEach(BenchConnection::close);
        selector.close();
    }
}
