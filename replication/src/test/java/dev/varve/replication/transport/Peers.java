package dev.varve.replication.transport;

import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.rpc.RpcRequests.ErrorResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.PingRequest;
import com.alipay.sofa.jraft.util.Endpoint;
import dev.varve.storage.io.Ticker;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Transports of a few nodes on loopback that know each other, and a client of each. */
final class Peers implements Closeable {

    static final String CLUSTER = "test";

    private final Map<String, InetSocketAddress> addresses = new ConcurrentHashMap<>();
    private final List<Closeable> open = new ArrayList<>();

    /** Patient: a connection is made in the end, however busy the machine is. */
    private static final TransportOptions PATIENT = new TransportOptions(16 << 20, 1024, 64 << 20, 256, 15_000);

    RaftTransport start(String node, TransportOptions options) throws IOException {
        return start(node, options, Ticker.system());
    }

    RaftTransport start(String node, TransportOptions options, Ticker ticker) throws IOException {
        return start(node, TransportSecurity.none(), options, ticker);
    }

    RaftTransport start(String node, TransportSecurity security) throws IOException {
        return start(node, security, PATIENT, Ticker.system());
    }

    private RaftTransport start(String node, TransportSecurity security, TransportOptions options, Ticker ticker)
            throws IOException {
        RaftTransport transport = RaftTransport.start(
                new TransportIdentity(CLUSTER, node), security, addresses::get, anyPort(), options, ticker);
        open.add(transport::close);
        addresses.put(node, transport.address());
        return transport;
    }

    RaftTransport start(String node) throws IOException {
        return start(node, PATIENT);
    }

    /** From now on others look for the node there. */
    void move(String node, InetSocketAddress address) {
        addresses.put(node, address);
    }

    NettyRpcClient client(RaftTransport transport) {
        NettyRpcClient client = new NettyRpcClient();
        client.use(transport);
        open.addFirst(client::shutdown);
        return client;
    }

    /** The endpoint under which JRaft would know a peer. */
    static Endpoint endpoint(String peer) {
        return new Endpoint(peer, 0);
    }

    static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    static PingRequest ping(long stamp) {
        return PingRequest.newBuilder().setSendTimestamp(stamp).build();
    }

    /** Pings and gives the code that came back. */
    static int call(NettyRpcClient client, String peer, long stamp, long timeoutMillis)
            throws InterruptedException, RemotingException {
        return ((ErrorResponse) client.invokeSync(Peers.endpoint(peer), ping(stamp), timeoutMillis)).getErrorCode();
    }

    /** Pings until the peer answers: one that has come back is called again within the retry delay. */
    static int callUntilAnswered(NettyRpcClient client, String peer, long stamp, long timeoutMillis)
            throws InterruptedException {
        while (true) {
            try {
                return call(client, peer, stamp, timeoutMillis);
            } catch (RemotingException e) {
                Thread.onSpinWait();
            }
        }
    }

    /** Pings without waiting. */
    static CompletableFuture<Object> callAsync(NettyRpcClient client, String peer, Object request, long timeoutMillis) {
        CompletableFuture<Object> answer = new CompletableFuture<>();
        try {
            client.invokeAsync(
                    Peers.endpoint(peer),
                    request,
                    (@Nullable Object result, @Nullable Throwable error) -> {
                        if (error != null) {
                            answer.completeExceptionally(error);
                        } else {
                            answer.complete(result);
                        }
                    },
                    timeoutMillis);
        } catch (InterruptedException | RemotingException e) {
            answer.completeExceptionally(e);
        }
        return answer;
    }

    @Override
    public void close() throws IOException {
        for (Closeable each : open) {
            each.close();
        }
    }
}
