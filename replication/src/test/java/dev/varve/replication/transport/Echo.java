package dev.varve.replication.transport;

import com.alipay.sofa.jraft.rpc.RpcContext;
import com.alipay.sofa.jraft.rpc.RpcProcessor;
import com.alipay.sofa.jraft.rpc.RpcRequests.ErrorResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.PingRequest;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/** Answers pings with their time stamp as error code, or keeps them until it is told to. */
final class Echo implements RpcProcessor<PingRequest> {

    final List<Long> seen = new CopyOnWriteArrayList<>();
    final LinkedBlockingQueue<Runnable> held = new LinkedBlockingQueue<>();
    private volatile boolean holding;

    static Echo answering() {
        return new Echo();
    }

    static Echo holding() {
        Echo echo = new Echo();
        echo.holding = true;
        return echo;
    }

    @Override
    public void handleRequest(RpcContext context, PingRequest request) {
        seen.add(request.getSendTimestamp());
        Runnable answer = () -> context.sendResponse(ErrorResponse.newBuilder()
                .setErrorCode((int) request.getSendTimestamp())
                .build());
        if (holding) {
            held.add(answer);
        } else {
            answer.run();
        }
    }

    /** Answers what was held and from now on at once. */
    void release() {
        holding = false;
        for (Runnable answer = held.poll(); answer != null; answer = held.poll()) {
            answer.run();
        }
    }

    @Override
    public String interest() {
        return PingRequest.class.getName();
    }
}
