package dev.varve.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.replication.transport.RaftTransport;
import dev.varve.replication.transport.TransportIdentity;
import dev.varve.replication.transport.TransportOptions;
import dev.varve.replication.transport.TransportSecurity;
import dev.varve.storage.Store;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.io.Environment;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.state.Founding;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * How many durable puts a second three members in one process manage, on the real disk. A measurement, not a check of a
 * figure: {@code mvn test -pl replication -am -Dtest=ReplicationThroughputTest -Dvarve.test.jvm="-Xmx1g -Dvarve.measure=10"}.
 */
@EnabledIfSystemProperty(named = "varve.measure", matches = "\\d+")
class ReplicationThroughputTest {

    private static final int SECONDS = Integer.getInteger("varve.measure", 10);

    @TempDir
    private Path directory;

    @Test
    void threeMembersInOneProcess() throws Exception {
        Map<String, InetSocketAddress> addresses = new ConcurrentHashMap<>();
        List<ReplicaNode> nodes = new ArrayList<>();
        List<String> founders = new ArrayList<>();
        for (String name : Cluster.NAMES) {
            try (Store store = store(name)) {
                founders.add(store.nodeId());
            }
        }
        for (String name : Cluster.NAMES) {
            TransportIdentity identity = new TransportIdentity("throughput", name);
            RaftTransport transport = RaftTransport.start(
                    identity,
                    TransportSecurity.none(),
                    addresses::get,
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    TransportOptions.defaults(),
                    Ticker.system());
            addresses.put(name, transport.address());
            nodes.add(ReplicaNode.start(
                    ReplicaOptions.of(identity, founders),
                    transport,
                    Environment.system(),
                    store(name),
                    new Cluster.Unheard()));
        }
        try {
            for (int inFlight : new int[] {1, 64, 512, 512}) {
                Eventually.until("there is a leader", () -> nodes.stream().anyMatch(node -> node.leadingTerm() > 0));
                ReplicaNode leader = nodes.stream()
                        .filter(node -> node.leadingTerm() > 0)
                        .findFirst()
                        .orElseThrow();
                run(leader, inFlight);
            }
        } finally {
            nodes.forEach(ReplicaNode::close);
        }
    }

    private Store store(String name) {
        return Store.member(
                directory.resolve(name),
                StoreOptions.defaults(),
                Environment.system(),
                () -> new Founding(name, 7, false));
    }

    private static void run(ReplicaNode leader, int inFlight) throws Exception {
        Semaphore places = new Semaphore(inFlight);
        AtomicLong done = new AtomicLong();
        AtomicLong failed = new AtomicLong();
        byte[] value = new byte[256];
        long begin = System.nanoTime();
        long end = begin + TimeUnit.SECONDS.toNanos(SECONDS);
        for (long i = 0; System.nanoTime() < end; i++) {
            places.acquire();
            byte[] key = ByteBuffer.allocate(16)
                    .putLong(i * 0x9E3779B97F4A7C15L)
                    .putLong(i)
                    .array();
            var _ = leader.put(key, value).whenComplete((revision, error) -> {
                (error == null ? done : failed).incrementAndGet();
                places.release();
            });
        }
        places.acquire(inFlight);
        assertThat(done).hasPositiveValue();
        System.out.printf(
                "%d in flight: %,d puts/s, %d refused%n",
                inFlight, done.get() * TimeUnit.SECONDS.toNanos(1) / (System.nanoTime() - begin), failed.get());
    }
}
