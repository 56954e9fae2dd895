package dev.varve.replication;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.replication.transport.RaftTransport;
import dev.varve.replication.transport.TransportIdentity;
import dev.varve.replication.transport.TransportOptions;
import dev.varve.replication.transport.TransportSecurity;
import dev.varve.storage.Store;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.RaftConfiguration;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.io.Environment;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.LogEntry;
import dev.varve.storage.state.Founding;
import dev.varve.storage.state.RangeItem;
import dev.varve.storage.state.RangeReader;
import dev.varve.storage.state.StateMachine;
import dev.varve.testkit.SimulatedFileSystem;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Three members of a group in this process, each on a machine of its own: a simulated disk, and ports on loopback. */
final class Cluster implements Closeable {

    static final List<String> NAMES = List.of("a", "b", "c");
    static final Path DIRECTORY = Path.of("/store");
    /** Calm: a leader stays, however busy the machine of the test is. */
    static final int CALM_MILLIS = 3000;
    /** Quick: a dead leader is replaced soon, and one that only seems dead now and then, too. */
    static final int QUICK_MILLIS = 250;

    /** Small, so that segments roll and memtables are flushed all the time. */
    private static final StoreOptions SIZES = StoreOptions.defaults()
            .withSegmentBytes(256 << 10)
            .withMemtableBytes(256 << 10)
            .withCheckpoint(128 << 10, 500)
            .withInlineValueBytes(32)
            .withCacheBytes(1 << 20)
            .withMaxValueBytes(64 << 10)
            .withMaxBatchBytes(64 << 10);

    private static final long INCARNATION = 7;

    private final String name;
    private final int electionMillis;
    private final Map<String, Member> members = new TreeMap<>();
    private final Map<String, InetSocketAddress> addresses = new ConcurrentHashMap<>();

    /** A machine and what runs on it. */
    static final class Member {
        private final String name;
        private volatile SimulatedFileSystem files = new SimulatedFileSystem();
        private volatile @Nullable ReplicaNode node;
        private volatile Unheard unheard = new Unheard();
        private volatile CountDownLatch syncGate = new CountDownLatch(0);

        Member(String name) {
            this.name = name;
        }

        String name() {
            return name;
        }

        ReplicaNode node() {
            ReplicaNode running = node;
            if (running == null) {
                throw new IllegalStateException(name + " is down");
            }
            return running;
        }

        /** Its id as a member. */
        String memberId() {
            return state().manifestState().identity().nodeId();
        }

        /** True if it has said since its start that it needs entries that the leader no longer has. */
        boolean isBehind() {
            return unheard.behind;
        }

        boolean running() {
            return node != null;
        }

        SimulatedFileSystem files() {
            return files;
        }

        StateMachine state() {
            return node().state();
        }

        /** From now on nothing becomes durable on this machine, whose syncs wait for the latch. */
        CountDownLatch holdSyncs() {
            CountDownLatch gate = new CountDownLatch(1);
            syncGate = gate;
            return gate;
        }

        private void beforeCall(String method) {
            try {
                if (method.equals("sync")) {
                    syncGate.await();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Makes the disk that is found after a crash. */
    interface Aftermath {
        SimulatedFileSystem of(SimulatedFileSystem crashed);
    }

    Cluster(String name, int electionMillis) {
        this.name = name;
        this.electionMillis = electionMillis;
        NAMES.forEach(each -> members.put(each, new Member(each)));
    }

    /** Founds the group, by all three at once. */
    void found() throws IOException {
        List<String> founders = new ArrayList<>();
        for (Member member : members()) {
            try (Store store = store(member)) {
                founders.add(store.nodeId());
            }
        }
        for (Member member : members()) {
            start(member, founders);
        }
    }

    /** Founds the group by one node alone. */
    void startFounder(Member member) throws IOException {
        String memberId;
        try (Store store = store(member)) {
            memberId = store.nodeId();
        }
        start(member, List.of(memberId));
    }

    private Store store(Member member) {
        return Store.member(DIRECTORY, SIZES, environment(member), () -> new Founding(member.name, INCARNATION, false));
    }

    private static Environment environment(Member member) {
        return new Environment(
                InterceptedFiles.wrap(member.files, member::beforeCall),
                Ticker.system(),
                InstantSource.system(),
                new Random());
    }

    List<Member> members() {
        return List.copyOf(members.values());
    }

    Member member(String member) {
        return Objects.requireNonNull(members.get(member));
    }

    /** Starts a node; if its directory is empty, it belongs to no group. */
    void start(Member member) throws IOException {
        start(member, List.of());
    }

    private void start(Member member, List<String> founders) throws IOException {
        TransportIdentity identity = new TransportIdentity(name, member.name);
        RaftTransport transport = RaftTransport.start(
                identity,
                TransportSecurity.none(),
                addresses::get,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                TransportOptions.defaults(),
                Ticker.system());
        addresses.put(member.name, transport.address());
        member.unheard = new Unheard();
        member.node = ReplicaNode.start(
                new ReplicaOptions(identity, founders, electionMillis, electionMillis / 2, 0, 16 << 20),
                transport,
                environment(member),
                store(member),
                member.unheard);
    }

    /** The tests ask. */
    static final class Unheard implements ReplicaNode.Listener {

        private volatile boolean behind;

        @Override
        public void leading(long term) {}

        @Override
        public void following() {}

        @Override
        public void leader(@Nullable String node) {}

        @Override
        public void members(RaftConfiguration members) {}

        @Override
        public void applied() {}

        @Override
        public void behind() {
            behind = true;
        }

        @Override
        public void failed(Throwable cause) {}
    }

    /** The machine stops at once; what its disk holds then is made of what it held. */
    void crash(Member member, Aftermath aftermath) {
        SimulatedFileSystem left = aftermath.of(member.files);
        ReplicaNode node = member.node();
        member.node = null;
        node.kill();
        member.files = left;
    }

    /** Waits for a leader that takes proposals. */
    Member leader() throws Exception {
        Eventually.until("there is a leader", () -> leaderNow() != null);
        Member leader = leaderNow();
        return leader == null ? leader() : leader;
    }

    @Nullable
    Member leaderNow() {
        for (Member member : members.values()) {
            ReplicaNode node = member.node;
            if (node != null && node.leadingTerm() > 0) {
                return member;
            }
        }
        return null;
    }

    /** Waits until all that run have applied the same, which is all that any of them has. */
    void awaitSame() throws Exception {
        Eventually.until("all have applied the same", () -> {
            List<Member> running = members().stream().filter(Member::running).toList();
            long most = running.stream()
                    .mapToLong(member -> member.state().visibleRevision())
                    .max()
                    .orElseThrow();
            return running.stream().allMatch(member -> member.state().visibleRevision() == most);
        });
    }

    /** Keys, with values and revisions, as one string each. */
    static Map<String, String> contents(Member member) throws IOException {
        StateMachine state = member.state();
        Map<String, String> contents = new TreeMap<>();
        long revision = state.openSnapshot();
        try (RangeReader range =
                state.range(IndexKey.of(Frames.USER, new byte[0]), IndexKey.endOf(Frames.USER), true, revision)) {
            for (RangeItem item = range.next(); item != null; item = range.next()) {
                contents.put(new String(item.key(), UTF_8), item.revision() + "=" + new String(item.value(), UTF_8));
            }
        } finally {
            state.releaseSnapshot(revision);
        }
        return contents;
    }

    /** What all of them hold in common of their logs is the same, entry by entry, and there is something. */
    void assertLogsAreTheSame() throws IOException {
        long first = 0;
        long last = Long.MAX_VALUE;
        for (Member member : members()) {
            first = Math.max(first, member.state().log().firstIndex());
            last = Math.min(last, member.state().log().lastIndex());
        }
        assertThat(last).isGreaterThanOrEqualTo(first);
        for (long index = first; index <= last; index++) {
            List<String> entries = new ArrayList<>();
            for (Member member : members()) {
                LogEntry entry = Objects.requireNonNull(member.state().log().entry(index));
                entries.add(entry.type() + " " + entry.term() + " " + entry.timeMicros() + " " + entry.firstRevision()
                        + " " + entry.payload().hashCode() + "/"
                        + entry.payload().limit());
            }
            assertThat(entries.stream().distinct().toList())
                    .as("entry %s of all", index)
                    .hasSize(1);
        }
    }

    /** No checkpoint holds what the log of its node does not have durably. */
    static void assertCheckpointIsBehindTheLog(Member member) {
        Log log = member.state().log();
        assertThat(member.state().lastCheckpoint().appliedIndex()).isLessThanOrEqualTo(log.durableIndex());
        assertThat(log.durableIndex()).isLessThanOrEqualTo(log.lastIndex());
    }

    @Override
    public void close() {
        for (Member member : members()) {
            if (member.running()) {
                member.node().kill();
                member.node = null;
            }
        }
    }
}
