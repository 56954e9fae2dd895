package dev.varve.server.http;

import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.Problem;
import dev.varve.replication.sequencer.CommandCallback;
import dev.varve.replication.sequencer.Condition;
import dev.varve.storage.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * A request whose answer is due: a write that has been handed over, or anything that stands behind one in the order of the
 * answers.
 *
 * <p>Thread safety: the sequencer calls back once, on a thread of its own, and sets the result; handing the exchange to its
 * loop publishes it. Everything else belongs to the loop.
 */
final class Exchange implements CommandCallback {

    private final HttpConnection connection;
    private final Request request;
    private final long leaseBytes;

    private long resultRevision;
    private @Nullable Problem resultProblem;

    /** The exchange that was handed to the loop before this one; see {@link EventLoopContext}. */
    @Nullable
    Exchange previouslyCompleted;

    // Of the loop: what is answered. It can differ from the result where the deadline came first.
    private boolean answerable;
    private long revision;
    private @Nullable Problem problem;

    Exchange(HttpConnection connection, Request request, long leaseBytes) {
        this.connection = connection;
        this.request = request;
        this.leaseBytes = leaseBytes;
    }

    @Override
    public void committed(long committedRevision) {
        resultRevision = committedRevision;
        connection.loop().completed(this);
    }

    @Override
    public void conditionFailed(Condition failed, long currentRevision) {
        // A put with a condition wants its key to be absent, and a delete wants it to be there.
        resultProblem = failed instanceof Condition.Absent ? Problems.keyIsThere() : Problems.deleteOfMissingKey();
        connection.loop().completed(this);
    }

    @Override
    public void failed(StoreException failure) {
        resultProblem = Problems.of(failure);
        connection.loop().completed(this);
    }

    HttpConnection connection() {
        return connection;
    }

    Request request() {
        return request;
    }

    long leaseBytes() {
        return leaseBytes;
    }

    /** Takes over the result, unless the deadline was answered already. */
    void settle() {
        if (!answerable) {
            answerable = true;
            revision = resultRevision;
            problem = resultProblem;
        }
    }

    /** Answers without the sequencer: a read in its turn, a refusal, or a deadline that passed. */
    void settle(long answerRevision, @Nullable Problem answerProblem) {
        answerable = true;
        revision = answerRevision;
        problem = answerProblem;
    }

    boolean answerable() {
        return answerable;
    }

    long revision() {
        return revision;
    }

    @Nullable
    Problem problem() {
        return problem;
    }

    @Nullable
    ErrorCode error() {
        return problem == null ? null : problem.code();
    }
}
