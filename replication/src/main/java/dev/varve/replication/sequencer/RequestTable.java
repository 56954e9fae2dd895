package dev.varve.replication.sequencer;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.storage.StoreException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives commands their notes, and bounds what is remembered of the requests of clients: a table that is full refuses further ones, and
 * forgets none. The rows of nodes need no bound, since each node has a fixed number of slots.
 *
 * <p>The rows that are there are counted once in each epoch, on the executor of cold reads; until that is done only those that have been
 * added since are counted. A row that is added while they are counted may count twice.
 *
 * <p>Thread-safe.
 */
final class RequestTable {

    private static final Logger logger = LoggerFactory.getLogger(RequestTable.class);
    private static final int ORIGIN = RequestId.Origin.CLIENT.number();

    private final StateReader state;
    private final Executor coldReads;
    private final int capacity;

    /** The newest generation that was written to; rows are counted for it and the one before. */
    @GuardedBy("this")
    private long generation;

    @GuardedBy("this")
    private long rows;

    @GuardedBy("this")
    private long rowsBefore;

    @GuardedBy("this")
    private boolean counted;

    /** Rows of generations before this one are removed, as far as this epoch has written that. */
    @GuardedBy("this")
    private long forgotten;

    RequestTable(StateReader state, Executor coldReads, int capacity) {
        this.state = state;
        this.coldReads = coldReads;
        this.capacity = capacity;
    }

    /** Another epoch begins: what others have written meanwhile is not known. */
    synchronized void reset() {
        generation = 0;
        rows = 0;
        rowsBefore = 0;
        counted = false;
        forgotten = 0;
    }

    /** What will be remembered of a command if it has a name, or null. */
    synchronized @Nullable RequestNote note(Command command) {
        RequestId id = command.request();
        if (id == null) {
            return null;
        }
        long now = RequestNote.generation(state.timeMicros());
        boolean forgets = now - 1 > forgotten;
        if (forgets) {
            forgotten = now - 1;
        }
        return RequestNote.committed(id, now, forgets ? forgotten : -1);
    }

    /** Makes room for the row of a client's request; returns why there is none, or null. */
    synchronized @Nullable StoreException admit(RequestNote note) {
        enter(note.generation());
        if (!counted) {
            counted = true;
            try {
                coldReads.execute(() -> count(note.generation()));
            } catch (RejectedExecutionException e) {
                counted = false;
            }
        }
        if (rows + rowsBefore >= capacity) {
            return new StoreException(
                    StoreException.Kind.REQUEST_TABLE_FULL,
                    "the answers of " + (rows + rowsBefore)
                            + " requests with an Idempotency-Key are remembered, the limit is " + capacity
                            + "; each is forgotten after one to two hours");
        }
        rows++;
        return null;
    }

    @GuardedBy("this")
    private void enter(long present) {
        if (present > generation) {
            rowsBefore = present == generation + 1 ? rows : 0;
            rows = 0;
            generation = present;
        }
    }

    private void count(long present) {
        try {
            long found = state.countNotes(RequestNote.bound(present, ORIGIN), RequestNote.bound(present, ORIGIN + 1));
            long before = state.countNotes(
                    RequestNote.bound(present - 1, ORIGIN), RequestNote.bound(present - 1, ORIGIN + 1));
            found(present, found, before);
        } catch (StoreException e) {
            logger.warn("the requests that are remembered cannot be counted", e);
        }
    }

    private synchronized void found(long present, long found, long before) {
        if (present == generation) {
            rows += found;
            rowsBefore += before;
        } else if (present == generation - 1) {
            rowsBefore += found;
        }
    }
}
