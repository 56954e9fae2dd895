package dev.varve.replication.cluster;

import dev.varve.replication.transport.CallCallback;
import dev.varve.replication.transport.RaftTransport;
import dev.varve.storage.state.RangeDigest;
import dev.varve.storage.state.RepairSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The store of another node as of one revision: see {@link SharedSnapshots}. Its calls block. Not thread-safe. */
final class PeerSnapshot implements RepairSource {

    private static final long CALL_MILLIS = 5_000;

    private final RaftTransport transport;
    private final String peer;
    private final long id;
    private final long revision;

    /** The other node has another revision than the one that was asked for. */
    static final class RefusedException extends IOException {

        private static final long serialVersionUID = 1L;

        private final long visibleRevision;

        RefusedException(String message, long visibleRevision) {
            super(message);
            this.visibleRevision = visibleRevision;
        }

        /** What is visible there. */
        long visibleRevision() {
            return visibleRevision;
        }
    }

    private PeerSnapshot(RaftTransport transport, String peer, long id, long revision) {
        this.transport = transport;
        this.peer = peer;
        this.id = id;
        this.revision = revision;
    }

    /**
     * Has another node keep a revision.
     *
     * @param at which one, now or soon; {@link SharedSnapshots#NOW} for the one that is visible
     * @param timeoutMillis how long it may take until it is visible there
     * @throws RefusedException if it has passed, or does not come
     */
    static PeerSnapshot open(RaftTransport transport, String peer, long at, int timeoutMillis) throws IOException {
        BodyReader in = call(
                transport,
                peer,
                Messages.SNAPSHOT,
                new BodyWriter(12).i64(at).i32(timeoutMillis).bytes());
        return new PeerSnapshot(transport, peer, in.i64(), in.i64());
    }

    String peer() {
        return peer;
    }

    @Override
    public long revision() {
        return revision;
    }

    @Override
    public List<Row> rows(byte[] start, byte[] end) throws IOException {
        BodyReader in = call(transport, peer, Messages.ROWS, range(start, end));
        List<Row> rows = new ArrayList<>();
        try {
            while (in.u8() != 0) {
                rows.add(new Row(in.shortBytes(), in.i64(), in.i32(), in.longBytes()));
            }
        } catch (IllegalArgumentException e) {
            throw new IOException("what '" + peer + "' answers cannot be understood: " + e.getMessage(), e);
        }
        return rows;
    }

    /** The digest of a range. */
    RangeDigest digest(byte[] start, byte[] end) throws IOException {
        BodyReader in = call(transport, peer, Messages.DIGEST, range(start, end));
        return new RangeDigest(in.i64(), in.i64(), null);
    }

    private byte[] range(byte[] start, byte[] end) {
        return new BodyWriter(64).i64(id).shortBytes(start).shortBytes(end).bytes();
    }

    private static BodyReader call(RaftTransport transport, String peer, int number, byte[] body) throws IOException {
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        transport.call(peer, number, body, CALL_MILLIS, new CallCallback() {
            @Override
            public void answered(byte[] bytes) {
                answer.complete(bytes);
            }

            @Override
            public void failed(boolean unsent, String why) {
                answer.completeExceptionally(new IOException("'" + peer + "' does not answer: " + why));
            }
        });
        try {
            BodyReader in = new BodyReader(answer.get(2 * CALL_MILLIS, TimeUnit.MILLISECONDS));
            if (in.u8() == 0) {
                String why = in.text();
                throw new RefusedException("'" + peer + "' refuses: " + why, in.i64());
            }
            return in;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while '" + peer + "' was asked", e);
        } catch (TimeoutException e) {
            throw new IOException("'" + peer + "' does not answer", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException known ? known : new IOException(e.getCause());
        } catch (IllegalArgumentException e) {
            throw new IOException("what '" + peer + "' answers cannot be understood: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        transport.call(peer, Messages.RELEASE, new BodyWriter(8).i64(id).bytes(), CALL_MILLIS, new CallCallback() {
            @Override
            public void answered(byte[] bytes) {}

            @Override
            public void failed(boolean unsent, String why) {
                // It lets go by itself when nobody asks.
            }
        });
    }
}
