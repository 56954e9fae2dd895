package dev.varve.server.http;

import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.Problem;
import dev.varve.replication.cluster.Consistency;
import dev.varve.replication.cluster.MemberChange;
import dev.varve.replication.cluster.ServedStore;
import dev.varve.storage.Entry;
import dev.varve.storage.Health;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Lookup;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the requests of one connection that change nothing that is stored. A value in memory is answered at once; what needs the disk
 * goes to the pool of reads and comes back. Belongs to one event loop.
 */
final class ReadHandler {

    /** A larger value is counted against the memory for requests, and written piece by piece as the client takes it. */
    private static final int WHOLE_VALUE_BYTES_MAX = 32 << 10;

    /** Memory of a range: its pieces on both sides of the socket, and what its cursor reads ahead. */
    private static final long RANGE_BYTES = 256 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(ReadHandler.class);

    private final HttpConnection connection;
    private @Nullable AnswerStream stream;

    /** The cold read, or the word of the leader, that is awaited, counted from 1; 0 if none is. */
    private long awaited;

    private long begunCount;

    ReadHandler(HttpConnection connection) {
        this.connection = connection;
    }

    void begin(Request request) {
        switch (request.route()) {
            case READ -> whenCurrent(request, current -> read(current, 0));
            case RANGE -> whenCurrent(request, this::range);
            case CLUSTER ->
                page(
                        request,
                        ClusterPage.MEDIA_TYPE,
                        ClusterPage.of(connection.server().served().view()));
            case MEMBERS, PROMOTE, TRANSFER -> change(request);
            case COMPARE -> {
                ServedStore served = connection.server().served();
                awaiting(
                        request,
                        callback -> served.compare((digests, trouble) -> callback.accept(trouble)),
                        () -> digests(request));
            }
            case DIGESTS -> digests(request);
            case DAMAGE -> damage(request);
            case SCRUB -> {
                connection.server().store().beginScrub();
                damage(request);
            }
            case ROOT -> page(request, AnswerWriter.TEXT, WELCOME);
            case LIVEZ -> page(request, AnswerWriter.TEXT, AnswerWriter.utf8("ok\n"));
            case READYZ -> ready(request);
            case METRICS -> metrics(request);
            case PUT, DELETE, BATCH_PUT -> throw new IllegalStateException("not a read: " + request.route());
            case null -> throw new IllegalStateException("no route");
        }
    }

    /** Reads once what the store has is as new as the request wants it. */
    private void whenCurrent(Request request, Consumer<Request> read) {
        RevisionToken least = request.freshness().least();
        ServedStore served = connection.server().served();
        if (least == null) {
            whenConsistent(request, read);
        } else if (least.incarnation() != served.store().incarnation()) {
            fail(request, Problems.otherIncarnation());
        } else if (least.revision() <= served.store().revision()) {
            whenConsistent(request, read);
        } else {
            awaiting(
                    request,
                    callback -> served.awaitRevision(least.revision(), request.deadlineNanos(), callback),
                    () -> whenConsistent(request, read));
        }
    }

    private void whenConsistent(Request request, Consumer<Request> read) {
        ServedStore served = connection.server().served();
        Consistency consistency = request.freshness().consistency();
        if (served.isCurrent(consistency)) {
            long lag = served.lag();
            read.accept(lag < 0 ? request : request.withLag(lag));
        } else {
            awaiting(
                    request,
                    callback -> served.awaitCurrent(consistency, request.deadlineNanos(), callback),
                    () -> read.accept(request));
        }
    }

    /** Has the members or the leader changed, and shows the cluster as it is then. */
    private void change(Request request) {
        ServedStore served = connection.server().served();
        MemberChange change = Objects.requireNonNull(request.change(), "the route says what is changed");
        String node = request.key().length == 0 ? null : new String(request.key(), StandardCharsets.UTF_8);
        awaiting(
                request,
                callback -> served.change(change, node, request.deadlineNanos(), callback),
                () -> page(request, ClusterPage.MEDIA_TYPE, ClusterPage.of(served.view())));
    }

    /** Goes on when others have answered, unless the request has been given up meanwhile. */
    private void awaiting(Request request, Consumer<Consumer<@Nullable StoreException>> begin, Runnable then) {
        long wait = ++begunCount;
        awaited = wait;
        begin.accept(trouble -> connection.loop().eventLoop().execute(() -> {
            if (awaited != wait) {
                return;
            }
            awaited = 0;
            if (trouble == null) {
                then.run();
            } else {
                fail(request, Problems.of(trouble));
            }
        }));
    }

    // ---- Single keys ----

    /** Reads a key, with memory for a value of so many bytes in hand. */
    private void read(Request request, long leaseBytes) {
        Store store = connection.server().store();
        // Taken before the look-up: the answer is at least as new as it says.
        long revision = store.revision();
        Lookup lookup;
        try {
            lookup = store.lookup(request.key());
        } catch (StoreException e) {
            if (e.kind() == StoreException.Kind.CORRUPTION) {
                readCold(request, revision, leaseBytes);
            } else {
                fail(request, Problems.of(e));
            }
            return;
        }
        switch (lookup.state()) {
            case FOUND -> found(request, revision, lookup.entry(), leaseBytes);
            case ABSENT -> found(request, revision, null, leaseBytes);
            case COLD -> readCold(request, revision, leaseBytes);
        }
    }

    private void readCold(Request request, long revision, long leaseBytes) {
        ServedStore served = connection.server().served();
        long read = ++begunCount;
        awaited = read;
        boolean begun = connection.server().readPool().begin(() -> {
            Entry entry = null;
            RuntimeException failure = null;
            try {
                entry = wherever(served, request.key(), revision);
            } catch (RuntimeException e) {
                failure = e;
            }
            coldDone(read, request, revision, entry, failure, leaseBytes);
        });
        if (!begun) {
            awaited = 0;
            fail(request, Problems.overloaded("Too many reads wait for the disk."));
        }
    }

    /** What is damaged here is read of another replica. */
    private static @Nullable Entry wherever(ServedStore served, byte[] key, long revision) {
        try {
            return served.store().getEntry(key);
        } catch (StoreException e) {
            if (e.kind() != StoreException.Kind.CORRUPTION) {
                throw e;
            }
            return served.readElsewhere(key, revision, e);
        }
    }

    private void coldDone(
            long read,
            Request request,
            long revision,
            @Nullable Entry entry,
            @Nullable RuntimeException failure,
            long leaseBytes) {
        connection.loop().eventLoop().execute(() -> {
            if (awaited != read) {
                return;
            }
            awaited = 0;
            if (failure != null) {
                fail(request, problem(failure));
            } else {
                found(request, revision, entry, leaseBytes);
            }
        });
    }

    private void found(Request request, long revision, @Nullable Entry entry, long leaseBytes) {
        if (entry == null) {
            fail(request, Problems.keyNotFound());
            return;
        }
        byte[] value = entry.value();
        long needed = Math.min(value.length, connection.server().budget().capacityBytes());
        if (value.length > WHOLE_VALUE_BYTES_MAX && leaseBytes < needed && !request.headOnly()) {
            // The value is let go and read again when there is room: until then it must not stay in memory.
            connection.reader().releaseLease();
            connection.reader().withMemory(needed, () -> read(request, needed));
            return;
        }
        boolean json = request.prefersJson();
        if (request.headOnly()) {
            head(request, revision, value.length, json);
        } else if (value.length > WHOLE_VALUE_BYTES_MAX || json) {
            BodySource source = json ? ValueSource.json(value, revision) : ValueSource.raw(value, revision);
            startStream(request, new AnswerStream(connection, request, source, json ? -1 : value.length, false));
        } else {
            send(
                    request,
                    connection
                            .loop()
                            .answers()
                            .value(allocator(), request, connection.closesAfterThis(), revision, value));
        }
    }

    private void head(Request request, long revision, long valueBytes, boolean json) {
        AnswerWriter answers = connection.loop().answers();
        boolean close = connection.closesAfterThis();
        send(
                request,
                json
                        ? answers.jsonStart(allocator(), request, close, revision, -1)
                        : answers.valueStart(allocator(), request, close, revision, valueBytes));
    }

    // ---- Ranges ----

    private void range(Request request) {
        KeyRange range = request.range();
        if (range == null) {
            throw new IllegalStateException("a range has its bounds");
        }
        connection.reader().withMemory(RANGE_BYTES, () -> {
            BodySource source = new RangeSource(connection.server().store(), range, request.limit());
            startStream(request, new AnswerStream(connection, request, source, -1, true));
        });
    }

    private void startStream(Request request, AnswerStream begun) {
        stream = begun;
        if (!begun.start()) {
            stream = null;
            fail(request, Problems.overloaded("Too many reads wait for the disk."));
        }
    }

    void writable() {
        if (stream != null) {
            stream.writable();
        }
    }

    void streamEnded(AnswerStream ended) {
        stream = null;
        connection.workDone(ended.request(), null);
    }

    void streamFailed(AnswerStream failed, RuntimeException failure) {
        stream = null;
        Problem problem = problem(failure);
        if (failed.started()) {
            LOG.warn("A connection is reset because its answer cannot be completed: {}", problem.detail());
            connection.count(failed.request(), problem.code(), connection.loop().now());
            connection.abort();
        } else {
            fail(failed.request(), problem);
        }
    }

    // ---- Pages ----

    private static final byte[] WELCOME = AnswerWriter.utf8("""
            Varve: a durable, ordered key/value store.
              PUT    /put?key=K            store the body under K
              GET    /read?key=K           the stored bytes
              GET    /range?start=A&end=B  entries from A to B as JSON, both inclusive
              POST   /batchput             store a JSON object of keys and values at once
              DELETE /delete?key=K         remove K
              GET    /v1/cluster           the nodes, and where each stands
              GET    /livez /readyz /metrics
            """);

    private void ready(Request request) {
        Health health = connection.server().store().health();
        if (connection.server().draining()) {
            fail(request, Problems.shuttingDown());
            return;
        }
        String unready = connection.server().served().unready();
        if (unready != null) {
            unready(request, StoreException.Kind.NO_LEADER, unready);
            return;
        }
        switch (health.state()) {
            case OK -> page(request, AnswerWriter.TEXT, AnswerWriter.utf8("ready\n" + damage()));
            case DISK_FULL -> unready(request, StoreException.Kind.DISK_FULL, health.detail());
            case BLOCKED -> unready(request, StoreException.Kind.BLOCKED, health.detail());
            case LOG_FAILED -> unready(request, StoreException.Kind.LOG_FAILED, health.detail());
            case CLOSED -> fail(request, Problems.shuttingDown());
        }
    }

    /** What a probe is told of damage: the store takes reads and writes all the same. */
    private String damage() {
        int places = connection.server().store().scrubStatus().damages().size();
        return places == 0 ? "" : places + " places in its files are damaged: see /v1/admin/damage" + '\n';
    }

    private void digests(Request request) {
        page(
                request,
                DigestsPage.MEDIA_TYPE,
                DigestsPage.of(connection.server().served().lastCompared()));
    }

    private void damage(Request request) {
        page(
                request,
                DamagePage.MEDIA_TYPE,
                DamagePage.of(connection.server().store().scrubStatus()));
    }

    private void unready(Request request, StoreException.Kind kind, String detail) {
        // Whatever the reason, a probe is answered 503: who asks looks at the status alone.
        Problem reason = Problems.of(new StoreException(kind, detail));
        fail(request, new Problem(ErrorCode.NOT_READY, reason.detail(), reason.remedy()));
    }

    private void metrics(Request request) {
        ServerContext.Page page = connection.server().metricsPage(request.accept());
        page(request, page.mediaType(), page.body());
    }

    private void page(Request request, String mediaType, byte[] body) {
        send(
                request,
                connection
                        .loop()
                        .answers()
                        .page(allocator(), request, connection.closesAfterThis(), 200, mediaType, body));
    }

    // ---- Common ----

    /** Gives up what was begun, if nothing of it is sent yet; returns false otherwise. */
    boolean abandon() {
        AnswerStream running = stream;
        if (running == null) {
            boolean waiting = awaited != 0;
            awaited = 0;
            return waiting;
        }
        if (running.started() && connection.reader().state() != RequestReader.State.CLOSED) {
            return false;
        }
        running.cancel();
        stream = null;
        return true;
    }

    private void send(Request request, ByteBuf answer) {
        connection.write(answer);
        connection.workDone(request, null);
    }

    private void fail(Request request, Problem problem) {
        connection.reader().releaseLease();
        connection.answer(request, 0, problem);
    }

    private ByteBufAllocator allocator() {
        return connection.channel().alloc();
    }

    private static Problem problem(RuntimeException failure) {
        if (failure instanceof StoreException known) {
            if (known.kind() == StoreException.Kind.CORRUPTION) {
                LOG.error("A read met damage: {}", known.getMessage());
            }
            return Problems.of(known);
        }
        LOG.error("A read failed because of a defect", failure);
        return new Problem(ErrorCode.INTERNAL, "The server met a defect of its own.", "See the log of the server.");
    }
}
