package dev.varve.replication.transport;

import com.alipay.sofa.jraft.rpc.InvokeCallback;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A call that waits to be sent or answered.
 *
 * @param number its number
 * @param frame the request, unpooled
 * @param deadlineNanos when it fails, on the transport's ticker
 * @param callback told of the answer or the failure, once
 * @param fallback runs the callback where it brings no executor, or that one refuses
 */
record Call(long number, ByteBuf frame, long deadlineNanos, InvokeCallback callback, Executor fallback) {

    private static final Logger logger = LoggerFactory.getLogger(Call.class);

    /** Ends the call; to be called once. */
    void complete(@Nullable Object answer, @Nullable Throwable failure) {
        Executor own = callback.executor();
        if (own != null) {
            try {
                own.execute(() -> callback.complete(answer, failure));
                return;
            } catch (RejectedExecutionException e) {
                logger.debug("an executor of JRaft is full or stopped; a worker takes its place", e);
            }
        }
        try {
            fallback.execute(() -> callback.complete(answer, failure));
        } catch (RejectedExecutionException e) {
            // Nobody is left to run it but this thread; a caller that waits must not wait for ever.
            callback.complete(answer, failure);
        }
    }
}
