package dev.varve.replication.transport;

import com.alipay.sofa.jraft.ReplicatorGroup;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.InvokeTimeoutException;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.InvokeContext;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.util.Endpoint;
import com.google.protobuf.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls other nodes for one Raft group. An endpoint is a node's name and the number of its member; the links of the transport
 * go by the name, and JRaft on the other side looks at the number. Thread-safe once {@link #use} was called.
 */
public final class NettyRpcClient implements RpcClient {

    private static final Logger logger = LoggerFactory.getLogger(NettyRpcClient.class);

    private final CopyOnWriteArrayList<ReplicatorGroup> listeners = new CopyOnWriteArrayList<>();

    /** The peers as JRaft knows them, by their names: the newest of each. */
    private final Map<String, Endpoint> endpoints = new ConcurrentHashMap<>();

    private volatile @Nullable RaftTransport transport;
    private volatile boolean stopped;

    NettyRpcClient() {}

    /** The client calls through this transport. To be called once, before anything else. */
    void use(RaftTransport newTransport) {
        transport = newTransport;
        newTransport.onConnect(this::connected);
    }

    @Override
    public boolean init(RpcOptions options) {
        return transport != null;
    }

    @Override
    public void shutdown() {
        stopped = true;
    }

    @Override
    public boolean checkConnection(Endpoint endpoint) {
        return link(endpoint).ready();
    }

    @Override
    public boolean checkConnection(Endpoint endpoint, boolean createIfAbsent) {
        PeerLink link = link(endpoint);
        if (link.ready()) {
            return true;
        }
        if (createIfAbsent) {
            link.connectSoon();
        }
        return false;
    }

    @Override
    public void closeConnection(Endpoint endpoint) {
        link(endpoint).disconnect();
    }

    @Override
    public void registerConnectEventListener(ReplicatorGroup group) {
        listeners.add(group);
    }

    /** A connection was made; called on its event loop. JRaft takes the node's lock, so it must not be told there. */
    private void connected(String peer) {
        RaftTransport network = transport();
        Endpoint endpoint = endpoints.get(peer);
        if (endpoint == null || stopped) {
            return;
        }
        for (ReplicatorGroup group : listeners) {
            try {
                network.workers().execute(() -> group.checkReplicator(new PeerId(endpoint, 0), true));
            } catch (RejectedExecutionException e) {
                logger.warn("could not tell Raft that {} is connected: the node is overloaded or stopping", peer);
            }
        }
    }

    private RaftTransport transport() {
        RaftTransport network = transport;
        if (network == null) {
            throw new IllegalStateException("the client belongs to no transport");
        }
        return network;
    }

    private PeerLink link(Endpoint endpoint) {
        endpoints.put(endpoint.getIp(), endpoint);
        return transport().link(endpoint.getIp());
    }

    @Override
    public Object invokeSync(Endpoint endpoint, Object request, @Nullable InvokeContext context, long timeoutMillis)
            throws InterruptedException, RemotingException {
        if (transport().loop().inEventLoop()) {
            throw new IllegalStateException("a call that waits must not be made on the event loop that answers it");
        }
        CompletableFuture<Object> answer = new CompletableFuture<>();
        invokeAsync(
                endpoint,
                request,
                context,
                (result, error) -> {
                    if (error != null) {
                        answer.completeExceptionally(error);
                    } else {
                        answer.complete(result);
                    }
                },
                timeoutMillis);
        try {
            // The link keeps the time; this bound only ends the wait if its event loop is gone.
            return answer.get(timeoutMillis + 1000, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new InvokeTimeoutException("no answer from " + endpoint.getIp() + " in " + timeoutMillis + " ms");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RemotingException failure) {
                throw failure;
            }
            throw new RemotingException(e.getCause());
        }
    }

    @Override
    public void invokeAsync(
            Endpoint endpoint,
            Object request,
            @Nullable InvokeContext context,
            InvokeCallback callback,
            long timeoutMillis)
            throws RemotingException {
        if (stopped) {
            throw new RemotingException("the client is stopped");
        }
        RaftTransport network = transport();
        Message message = (Message) request;
        ByteBuf frame = FrameFormat.encode(
                UnpooledByteBufAllocator.DEFAULT,
                FrameKind.REQUEST,
                network.nextCall(),
                MessageNumbers.of(message),
                message);
        endpoints.put(endpoint.getIp(), endpoint);
        network.send(endpoint.getIp(), frame, timeoutMillis, callback);
    }
}
