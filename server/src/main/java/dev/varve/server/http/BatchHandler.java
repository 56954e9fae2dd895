package dev.varve.server.http;

import dev.varve.protocol.BatchPutJson;
import dev.varve.protocol.Problem;
import dev.varve.protocol.ProblemException;
import dev.varve.replication.sequencer.Command;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.WriteBatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes in the batches of one connection. A small one is parsed on the event loop; a large one on the pool of reads, so
 * that other connections are not held up. Belongs to one event loop.
 */
final class BatchHandler {

    private static final int PARSED_ON_LOOP_BYTES_MAX = 64 << 10;

    /** What a batch takes while it is parsed: its JSON, the strings, and the arrays of keys and values. */
    private static final int MEMORY_FACTOR = 3;

    private static final Logger LOG = LoggerFactory.getLogger(BatchHandler.class);

    private final HttpConnection connection;
    /** The parse that is awaited, counted from 1; 0 if none is. */
    private long awaited;

    private long begunCount;

    /** A batch, or what is wrong with it. */
    private record Parsed(
            @Nullable WriteBatch batch, @Nullable Problem problem) {}

    BatchHandler(HttpConnection connection) {
        this.connection = connection;
    }

    /** Memory to be reserved before a body is read; a chunked one, of length -1, reserves as it comes. */
    static long memoryFor(Request request, long contentLength) {
        if (contentLength < 0 || request.route() == null || !request.route().takesBody()) {
            return 0;
        }
        return request.route() == Route.BATCH_PUT ? MEMORY_FACTOR * contentLength : contentLength;
    }

    void begin(Request request, byte[] json) {
        if (json.length <= PARSED_ON_LOOP_BYTES_MAX) {
            finish(request, parse(json));
            return;
        }
        long parse = ++begunCount;
        awaited = parse;
        boolean begun = connection.server().readPool().begin(() -> {
            Parsed parsed = parse(json);
            connection.loop().eventLoop().execute(() -> {
                if (awaited == parse) {
                    awaited = 0;
                    finish(request, parsed);
                    connection.reader().advance();
                }
            });
        });
        if (!begun) {
            awaited = 0;
            finish(request, new Parsed(null, Problems.overloaded("Too many batches wait to be read.")));
        }
    }

    /** Gives up a batch that is being parsed; nothing of it has been stored. */
    boolean abandon() {
        boolean waiting = awaited != 0;
        awaited = 0;
        return waiting;
    }

    private void finish(Request request, Parsed parsed) {
        WriteBatch batch = parsed.batch();
        if (batch != null && !batch.isEmpty()) {
            connection.submit(request, Command.write(batch));
        } else {
            // An empty object is a batch of which all is stored.
            connection.reader().releaseLease();
            connection.answer(request, 0, parsed.problem());
        }
    }

    private Parsed parse(byte[] json) {
        try {
            StoreOptions limits = connection.server().options().store();
            WriteBatch batch = new WriteBatch();
            long[] sizeBytes = new long[1];
            BatchPutJson.parse(json, json.length, (key, value) -> {
                sizeBytes[0] += (long) StoreOptions.CHANGE_BYTES + key.length + value.length;
                check(key, value, sizeBytes[0], limits);
                batch.put(key, value);
            });
            return new Parsed(batch, null);
        } catch (ProblemException e) {
            return new Parsed(null, e.problem());
        } catch (RuntimeException e) {
            LOG.error("A batch was refused because of a defect", e);
            return new Parsed(null, Problems.internal());
        }
    }

    private static void check(byte[] key, byte[] value, long sizeBytes, StoreOptions limits) {
        if (key.length > limits.maxKeyBytes()) {
            throw Limits.keyTooLarge(key.length, limits);
        }
        if (value.length > limits.maxValueBytes()) {
            throw Limits.valueTooLarge(value.length, limits);
        }
        if (sizeBytes > limits.maxBatchBytes()) {
            throw Limits.batchTooLarge(-1, limits);
        }
    }
}
