package dev.varve.replication.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.RaftOutter.EntryMeta;
import com.alipay.sofa.jraft.error.InvokeTimeoutException;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.rpc.RpcContext;
import com.alipay.sofa.jraft.rpc.RpcProcessor;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.google.protobuf.ByteString;
import dev.varve.storage.io.Ticker;
import dev.varve.testkit.network.FaultProxy;
import dev.varve.testkit.network.Framing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class RaftTransportTest {

    private static final long LONG_MILLIS = 10_000;
    private final Peers peers = new Peers();

    @AfterEach
    void close() throws Exception {
        peers.close();
    }

    @Test
    void aCallIsAnswered() throws Exception {
        NettyRpcClient client = peers.client(peers.start("a"));
        peers.start("b").server().registerProcessor(Echo.answering());

        assertThat(Peers.call(client, "b", 42, LONG_MILLIS)).isEqualTo(42);
        assertThat(client.checkConnection(Peers.endpoint("b"))).isTrue();
    }

    @Test
    void aLargeMessageArrivesAsItIs() throws Exception {
        NettyRpcClient client = peers.client(peers.start("a"));
        Appends appends = new Appends(Runnable::run);
        peers.start("b").server().registerProcessor(appends);
        byte[] data = new byte[8 << 20];
        new Random(1).nextBytes(data);

        AppendEntriesResponse response =
                (AppendEntriesResponse) client.invokeSync(Peers.endpoint("b"), append(7, data), LONG_MILLIS);

        assertThat(response.getTerm()).isEqualTo(7);
        assertThat(appends.requests.getFirst().getData().toByteArray()).isEqualTo(data);
        assertThat(appends.requests.getFirst()).isEqualTo(append(7, data));
    }

    @Test
    void requestsOfOneCallerAreHandedOverInTheirOrder() throws Exception {
        NettyRpcClient client = peers.client(peers.start("a"));
        Appends appends = new Appends(Runnable::run);
        peers.start("b").server().registerProcessor(appends);

        List<CompletableFuture<Object>> answers = new ArrayList<>();
        for (int term = 1; term <= 500; term++) {
            answers.add(Peers.callAsync(client, "b", append(term, new byte[term]), LONG_MILLIS));
        }
        for (CompletableFuture<Object> answer : answers) {
            answer.get();
        }

        assertThat(appends.requests)
                .extracting(AppendEntriesRequest::getTerm)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, 500).boxed().toList());
    }

    @Test
    void aCallWithoutAnAnswerTimesOut() throws Exception {
        NettyRpcClient client = peers.client(peers.start("a"));
        Echo echo = Echo.holding();
        peers.start("b").server().registerProcessor(echo);

        assertThatThrownBy(() -> Peers.call(client, "b", 1, 50))
                .isInstanceOf(InvokeTimeoutException.class)
                .hasMessageContaining("no answer from b");
        echo.release();
        assertThat(Peers.call(client, "b", 2, LONG_MILLIS)).isEqualTo(2);
    }

    @Test
    void aConnectionThatHasGoneDeadWithoutAnEndIsReplaced() throws Exception {
        NettyRpcClient client = peers.client(peers.start("a"));
        RaftTransport target = peers.start("b");
        target.server().registerProcessor(Echo.answering());
        try (FaultProxy between = new FaultProxy(target.address(), Framing.NONE, new SplittableRandom(1))) {
            peers.move("b", between.address());
            assertThat(Peers.call(client, "b", 1, LONG_MILLIS)).isEqualTo(1);

            between.silence();

            assertThat(Peers.callUntilAnswered(client, "b", 2, 100)).isEqualTo(2);
        }
    }

    @Test
    void callsFailWhenThePeerGoesAndSucceedAgainWhenItIsBackSomewhereElse() throws Exception {
        NettyRpcClient client = peers.client(peers.start("a"));
        RaftTransport first = peers.start("b");
        Echo echo = Echo.holding();
        first.server().registerProcessor(echo);
        CompletableFuture<Object> underWay = Peers.callAsync(client, "b", Peers.ping(1), LONG_MILLIS);
        echo.held.take();

        first.close();

        assertThatThrownBy(underWay::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(RemotingException.class);
        assertThatThrownBy(() -> Peers.call(client, "b", 2, LONG_MILLIS)).isInstanceOf(RemotingException.class);
        assertThat(client.checkConnection(Peers.endpoint("b"), true)).isFalse();

        peers.start("b").server().registerProcessor(Echo.answering());

        assertThat(Peers.callUntilAnswered(client, "b", 3, LONG_MILLIS)).isEqualTo(3);
    }

    @Test
    void aPeerThatDoesNotAnswerTheConnectionCostsNoMoreThanTheConnectTime() throws Exception {
        NettyRpcClient client =
                peers.client(peers.start("a", options(1024, 200), () -> 0)); // No time passes for the retry.
        try (Stranger silent = Stranger.listening()) {
            peers.move("b", silent.address());

            assertThatThrownBy(() -> Peers.call(client, "b", 1, LONG_MILLIS))
                    .isInstanceOf(RemotingException.class)
                    .hasMessageContaining("no connection in 200 ms");
            assertThatThrownBy(() -> Peers.call(client, "b", 1, LONG_MILLIS))
                    .as("for a while the next call does not even try")
                    .hasMessageContaining("there is no connection to b");
        }
    }

    @Test
    void anUnknownPeerIsNamed() throws Exception {
        NettyRpcClient client = peers.client(peers.start("a"));

        assertThatThrownBy(() -> Peers.call(client, "nobody", 1, LONG_MILLIS))
                .hasMessageContaining("no connection to nobody: its address is unknown");
    }

    @Test
    void aNodeAtTheAddressOfAnotherRefusesItsCalls() throws Exception {
        NettyRpcClient client = peers.client(peers.start("a"));
        RaftTransport c = peers.start("c");
        c.server().registerProcessor(Echo.answering());
        peers.move("b", c.address());

        assertThatThrownBy(() -> Peers.call(client, "b", 1, LONG_MILLIS))
                .hasMessageContaining("this is node 'c', not 'b'");
    }

    @Test
    void aNodeOfAnotherClusterIsRefused() throws Exception {
        RaftTransport b = peers.start("b");
        try (RaftTransport other = RaftTransport.start(
                new TransportIdentity("other", "a"),
                TransportSecurity.none(),
                peer -> b.address(),
                Peers.anyPort(),
                TransportOptions.defaults(),
                Ticker.system())) {
            NettyRpcClient client = peers.client(other);

            assertThatThrownBy(() -> Peers.call(client, "b", 1, LONG_MILLIS))
                    .hasMessageContaining("belongs to cluster 'test', node 'a' to cluster 'other'");
        }
    }

    @Test
    void moreCallsThanTheLimitFailAtOnce() throws Exception {
        NettyRpcClient client = peers.client(peers.start("a", options(4, 15_000)));
        Echo echo = Echo.holding();
        peers.start("b").server().registerProcessor(echo);
        List<CompletableFuture<Object>> taken = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            taken.add(Peers.callAsync(client, "b", Peers.ping(i), LONG_MILLIS));
        }

        assertThatThrownBy(() -> Peers.call(client, "b", 5, LONG_MILLIS)).hasMessageContaining("4 calls to b wait");

        for (int i = 0; i < 4; i++) {
            echo.held.take().run();
        }
        for (CompletableFuture<Object> answer : taken) {
            answer.get();
        }
        echo.release();
        assertThat(Peers.call(client, "b", 6, LONG_MILLIS))
                .as("places are given back")
                .isEqualTo(6);
    }

    @ParameterizedTest
    @CsvSource({"4, 67108864", "1024, 1048576"})
    void aServerWithEnoughInProgressLeavesTheRestInTheSocket(int maxCallsInFlight, int maxPendingBytes)
            throws Exception {
        NettyRpcClient client = peers.client(peers.start("a"));
        CountDownLatch gate = new CountDownLatch(1);
        List<Runnable> waiting = new CopyOnWriteArrayList<>();
        Appends appends = new Appends(task -> {
            if (gate.getCount() > 0) {
                waiting.add(task);
            } else {
                task.run();
            }
        });
        peers.start("b", new TransportOptions(16 << 20, maxCallsInFlight, maxPendingBytes, 16, 15_000))
                .server()
                .registerProcessor(appends);
        List<CompletableFuture<Object>> answers = new ArrayList<>();
        for (int i = 1; i <= 100; i++) {
            answers.add(Peers.callAsync(client, "b", append(i, new byte[256 << 10]), LONG_MILLIS));
        }
        while (waiting.size() < 4) {
            Thread.onSpinWait();
        }
        // What another connection is answered meanwhile shows that the event loop has had its turns.
        NettyRpcClient other = peers.client(peers.start("c"));
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() -> Peers.call(other, "b", 1, LONG_MILLIS))
                    .hasMessageContaining("takes no PingRequest");
        }

        assertThat(waiting).hasSizeBetween(4, 6);

        gate.countDown();
        List.copyOf(waiting).forEach(Runnable::run);
        for (CompletableFuture<Object> answer : answers) {
            answer.get(LONG_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    @Test
    void aMessageOverTheLimitIsNotEvenSent() throws Exception {
        NettyRpcClient client = peers.client(peers.start("a", new TransportOptions(64 << 10, 16, 1 << 20, 4, 1000)));
        peers.start("b").server().registerProcessor(Echo.answering());

        assertThatThrownBy(() -> client.invokeSync(Peers.endpoint("b"), append(1, new byte[64 << 10]), LONG_MILLIS))
                .hasMessageContaining("exceeds the limit of 65536 (maxFrameBytes)");
        assertThat(Peers.call(client, "b", 1, LONG_MILLIS)).isEqualTo(1);
    }

    @Test
    void listenersHearOfTheOldConnectionsEndBeforeTheNewOneIsUsed() throws Exception {
        List<String> events = new CopyOnWriteArrayList<>();
        RaftTransport b = peers.start("b");
        b.server().registerConnectionClosedEventListener((address, connection) -> events.add("closed"));
        Appends appends = new Appends(Runnable::run) {
            @Override
            public void handleRequest(RpcContext context, AppendEntriesRequest request) {
                events.add("request");
                super.handleRequest(context, request);
            }
        };
        b.server().registerProcessor(appends);
        NettyRpcClient before = peers.client(peers.start("a"));
        before.invokeSync(Peers.endpoint("b"), append(1, new byte[1]), LONG_MILLIS);

        // The same node again, as after a restart, while its old connection still stands.
        NettyRpcClient after = peers.client(peers.start("a"));
        after.invokeSync(Peers.endpoint("b"), append(2, new byte[1]), LONG_MILLIS);

        assertThat(events).containsExactly("request", "closed", "request");
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        RaftTransport b = peers.start("b");

        assertThatThrownBy(() -> RaftTransport.start(
                        new TransportIdentity("test", "c"),
                        TransportSecurity.none(),
                        peer -> null,
                        b.address(),
                        TransportOptions.defaults(),
                        Ticker.system()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(String.valueOf(b.address().getPort()));
    }

    private static TransportOptions options(int maxCallsInFlight, int connectMillis) {
        return new TransportOptions(16 << 20, maxCallsInFlight, 64 << 20, 16, connectMillis);
    }

    private static AppendEntriesRequest append(long term, byte[] data) {
        return AppendEntriesRequest.newBuilder()
                .setGroupId("g")
                .setServerId("a:0")
                .setPeerId("b:0")
                .setTerm(term)
                .setPrevLogTerm(1)
                .setPrevLogIndex(1)
                .setCommittedIndex(1)
                .addEntries(EntryMeta.newBuilder().setTerm(term).setType(EntryType.ENTRY_TYPE_DATA))
                .setData(ByteString.copyFrom(data))
                .build();
    }

    /** Keeps what it gets and answers with its term. */
    private static class Appends implements RpcProcessor<AppendEntriesRequest> {

        final List<AppendEntriesRequest> requests = new CopyOnWriteArrayList<>();
        private final Executor executor;

        Appends(Executor executor) {
            this.executor = executor;
        }

        @Override
        public void handleRequest(RpcContext context, AppendEntriesRequest request) {
            requests.add(request);
            context.sendResponse(AppendEntriesResponse.newBuilder()
                    .setTerm(request.getTerm())
                    .setSuccess(true)
                    .build());
        }

        @Override
        public String interest() {
            return AppendEntriesRequest.class.getName();
        }

        @Override
        public Executor executor() {
            return executor;
        }
    }
}
