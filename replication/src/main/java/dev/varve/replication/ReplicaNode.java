package dev.varve.replication;

import com.alipay.sofa.jraft.NodeManager;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.closure.ReadIndexClosure;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.EnumOutter;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.Task;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.option.ReadOnlyOption;
import com.alipay.sofa.jraft.rpc.ProtobufMsgFactory;
import com.alipay.sofa.jraft.rpc.impl.PingRequestProcessor;
import com.alipay.sofa.jraft.rpc.impl.core.AppendEntriesRequestProcessor;
import com.alipay.sofa.jraft.rpc.impl.core.InstallSnapshotRequestProcessor;
import com.alipay.sofa.jraft.rpc.impl.core.ReadIndexRequestProcessor;
import com.alipay.sofa.jraft.rpc.impl.core.RequestVoteRequestProcessor;
import com.alipay.sofa.jraft.rpc.impl.core.TimeoutNowRequestProcessor;
import com.alipay.sofa.jraft.util.ThreadPoolsFactory;
import dev.varve.replication.raft.LogMembers;
import dev.varve.replication.raft.RaftEntries;
import dev.varve.replication.raft.RaftParts;
import dev.varve.replication.raft.ReplicaStateMachine;
import dev.varve.replication.raft.VarveLogStorage;
import dev.varve.replication.transport.NettyRpcServer;
import dev.varve.replication.transport.RaftTransport;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.RaftConfiguration;
import dev.varve.storage.io.Environment;
import dev.varve.storage.log.VoteFile;
import dev.varve.storage.state.StateMachine;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member of a Raft group: it votes, replicates, and applies what is committed to its store.
 *
 * <p>A proposal carries the term in which the node led when it was made; JRaft drops it if the term has changed, so that
 * nothing that was decided on old state is written. A node proposes only once it has applied everything of earlier terms.
 *
 * <p>It owns its transport and its store. Thread-safe.
 */
public final class ReplicaNode implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(ReplicaNode.class);
    private static final int MAX_APPEND_BYTES = 1 << 20;

    /**
     * When a message has so many bytes, no further entry is added. Messages of small entries are a little smaller than 512 KiB then, from
     * where on G1 with its smallest regions gives an object one of its own.
     */
    private static final int MAX_BODY_BYTES = 480 << 10;

    /** Messages with entries on their way to one follower, which may stand in memory three times. */
    private static final int MAX_MESSAGES_IN_FLIGHT = (int) partOfHeap(32L * MAX_BODY_BYTES, 8, 64);

    private static final long RECENT_BYTES = partOfHeap(32, 1 << 20, 16 << 20);
    private static final int RPC_THREADS = 6;
    private static final int STOP_SECONDS = 10;
    private static final byte[] NO_CONTEXT = new byte[0];

    static {
        // JRaft keeps up to 256 buffers, each of up to 4 MiB, in each thread that makes messages: more than there is
        // heap.
        System.getProperties().putIfAbsent("jraft.max_collector_size_per_thread", "0");
    }

    private final ReplicaOptions options;
    private final RaftTransport transport;
    private final Environment environment;
    private final Store store;
    private final StateMachine state;
    private final VoteFile vote;
    private final Listener listener;
    private final LogMembers members;
    private final VarveLogStorage storage;
    private final AppendEntriesRequestProcessor appends = new AppendEntriesRequestProcessor(null);
    private final PeerId self;
    private final NodeImpl node;
    private final GroupChanges changes;
    private final ElectionHaste haste;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final LogRetention retention;
    private volatile @Nullable Leadership leadership;
    private volatile @Nullable String leader;
    private volatile @Nullable Throwable failure;

    /** The term in which this node leads, and its clock. */
    private record Leadership(long term, LeaderClock clock) {}

    /** What a member hears of its part in the group, one call after the other. Must not block. */
    public interface Listener {

        /** The node leads in this term, and has applied all entries of earlier ones. */
        void leading(long term);

        /** The node leads no longer. */
        void following();

        /** Another node leads, or nobody is known to if null. */
        void leader(@Nullable String node);

        /** The members, by their {@linkplain dev.varve.storage.Store#nodeId ids}, as far as this node has heard: now, and after each change. */
        void members(RaftConfiguration members);

        /** Entries have been applied. */
        void applied();

        /** The leader no longer has the entries that this node needs; told again and again while that is so. */
        void behind();

        /** The node has failed and must be started anew. */
        void failed(Throwable cause);
    }

    /** Told once how the entry of a proposal ended. */
    public interface EntryCallback {

        /** It is committed, durable here, and visible. Called in the order of the log. */
        void applied(long firstRevision);

        /** It was not acknowledged; in no order. */
        void failed(ProposalException failure);
    }

    /** What a member says of itself. */
    public enum Role {
        LEADER,
        CANDIDATE,
        FOLLOWER,
        FAILED
    }

    /**
     * Where a member stands.
     *
     * @param term the newest that it knows
     * @param commitIndex the last entry that it knows to be committed
     * @param appliedIndex the last entry that it has applied
     */
    public record MemberStatus(Role role, long term, long commitIndex, long appliedIndex) {}

    private ReplicaNode(
            ReplicaOptions options,
            RaftTransport transport,
            Environment environment,
            Store store,
            VoteFile vote,
            Listener listener) {
        this.options = options;
        this.transport = transport;
        this.environment = environment;
        this.store = store;
        this.state = store.state();
        this.vote = vote;
        this.listener = listener;
        this.members = new LogMembers(listener::members);
        this.storage = new VarveLogStorage(state.log(), RECENT_BYTES, members, this::unreadable);
        this.retention = new LogRetention(options.logRetentionBytes(), state.log());
        this.self = peer(store.nodeId());
        this.node = new NodeImpl(options.identity().cluster(), self);
        this.changes = new GroupChanges(node);
        this.haste = new ElectionHaste(options.electionMillis(), this::setElectionMillis);
    }

    /**
     * Starts a member.
     *
     * @param transport its network, of the same identity; owned by the node from now on, also if this fails
     * @param environment file system and clocks; the first leader of a new group takes the time from the wall clock
     * @param store its store, owned like the transport
     * @throws IOException if the files cannot be opened, the vote is missing, or JRaft refuses them
     */
    public static ReplicaNode start(
            ReplicaOptions options, RaftTransport transport, Environment environment, Store store, Listener listener)
            throws IOException {
        ProtobufMsgFactory.load();
        List<Closeable> opened = new ArrayList<>(List.of(transport::close, store::close));
        try {
            VoteFile vote = VoteFile.open(
                    environment.files(),
                    store.directory(),
                    store.state().manifestState().voteStoreId());
            opened.add(vote);
            ReplicaNode replica = new ReplicaNode(options, transport, environment, store, vote, listener);
            opened = List.of(replica::kill);
            replica.begin();
            return replica;
        } catch (IOException | RuntimeException e) {
            for (Closeable each : opened.reversed()) {
                closeQuietly(each);
            }
            throw e;
        }
    }

    private void begin() throws IOException {
        registerProcessors(transport.server());
        transport.onDisconnect(this::disconnected);
        NodeManager.getInstance().addAddress(self.getEndpoint());
        if (!node.init(nodeOptions())) {
            throw new IOException(
                    "node '" + options.identity().node() + "' cannot take part in its group; the log says why",
                    storage.failure());
        }
        state.scrubber().add(vote.name(), vote::verify);
    }

    private static void closeQuietly(Closeable each) {
        try {
            each.close();
        } catch (IOException | StoreException e) {
            logger.warn("a file or connection was not closed as it should", e);
        }
    }

    static PeerId peer(String memberId) {
        PeerId peer = PeerId.parsePeer(memberId);
        if (peer == null) {
            throw new IllegalArgumentException("'" + memberId + "' is not the id of a member");
        }
        return peer;
    }

    /** The log cannot be read: another node should lead. Not at once, since the reader may hold locks of JRaft. */
    private void unreadable(Exception cause) {
        if (failure != null || closed.get()) {
            return;
        }
        failure = cause;
        if (cause instanceof CorruptionException damage) {
            state.damages().met(damage);
        }
        RaftException error = new RaftException(EnumOutter.ErrorType.ERROR_TYPE_LOG);
        error.getStatus().setError(RaftError.EIO, "the log cannot be read: %s", cause);
        onPool(() -> node.onError(error));
    }

    /** A peer's connection to this node has ended. */
    private void disconnected(String peer) {
        if (peer.equals(leader) && leadership == null && haste.leaderGone()) {
            transport.schedule(haste::calm, 2L * options.electionMillis());
        }
    }

    private void setElectionMillis(int millis) {
        if (!closed.get()) {
            onPool(() -> node.resetElectionTimeoutMs(millis));
        }
    }

    private void onPool(Runnable task) {
        var _ = ThreadPoolsFactory.runInThread(options.identity().cluster(), task);
    }

    private void registerProcessors(NettyRpcServer server) {
        server.registerConnectionClosedEventListener(appends);
        server.registerProcessor(appends);
        server.registerProcessor(new RequestVoteRequestProcessor(null));
        server.registerProcessor(new TimeoutNowRequestProcessor(null));
        server.registerProcessor(new ReadIndexRequestProcessor(null));
        server.registerProcessor(new InstallSnapshotRequestProcessor(null));
        server.registerProcessor(new PingRequestProcessor(null));
    }

    /** What is bounded by the memory that there is: the largest heap divided, within limits. */
    private static long partOfHeap(long divisor, long least, long most) {
        return Math.clamp(Runtime.getRuntime().maxMemory() / divisor, least, most);
    }

    private NodeOptions nodeOptions() {
        RaftOptions raft = new RaftOptions();
        raft.setSync(true);
        raft.setSyncMeta(true);
        raft.setMaxLogsInMemoryBytes(options.logMemoryBytes());
        raft.setMaxAppendBufferSize(MAX_APPEND_BYTES);
        raft.setMaxBodySize(MAX_BODY_BYTES);
        raft.setMaxReplicatorInflightMsgs(MAX_MESSAGES_IN_FLIGHT);
        raft.setMaxElectionDelayMs(options.electionSpreadMillis());
        raft.setOpenStatistics(false);

        NodeOptions all = new NodeOptions();
        all.setServiceFactory(new RaftParts(transport, storage, vote, state, listener::behind));
        all.setFsm(new ReplicaStateMachine(store, storage, members, new Events()));
        all.setRaftOptions(raft);
        Configuration founders = new Configuration();
        founders().forEach(member -> founders.addPeer(peer(member)));
        all.setInitialConf(founders);
        all.setElectionTimeoutMs(options.electionMillis());
        // Checkpoints are made when the log has grown, not by the clock: see LogRetention.
        all.setSnapshotIntervalSecs(0);
        // JRaft wants URIs that are not blank; our parts do not look at them.
        all.setLogUri("varve");
        all.setRaftMetaUri("varve");
        all.setSnapshotUri("varve");
        all.setRpcConnectTimeoutMs(options.electionMillis());
        all.setRpcDefaultTimeout(4 * options.electionMillis());
        all.setRpcProcessorThreadPoolSize(RPC_THREADS);
        all.setSharedElectionTimer(true);
        all.setSharedVoteTimer(true);
        all.setSharedStepDownTimer(true);
        all.setSharedSnapshotTimer(true);
        all.setSharedTimerPool(true);
        return all;
    }

    /**
     * With whom the group begins; counts only while the log is empty. One whose store was founded to begin a group has voted for
     * itself before anything else; any other waits to be taken in.
     */
    private List<String> founders() {
        boolean begins = options.founders().isEmpty() && store.nodeId().equals(vote.votedFor());
        return begins ? List.of(store.nodeId()) : options.founders();
    }

    /** What JRaft tells of the node's part in the group. */
    private final class Events implements ReplicaStateMachine.Listener {

        @Override
        public void leading(long term) {
            long logged = state.log().state().timeMicros();
            long now = logged > 0
                    ? logged
                    : Math.multiplyExact(environment.wallClock().millis(), 1000L);
            haste.calm();
            leader = options.identity().node();
            leadership = new Leadership(term, LeaderClock.since(now, environment.ticker()));
            listener.leader(leader);
            listener.leading(term);
        }

        @Override
        public void following() {
            if (leadership != null) {
                leadership = null;
                listener.following();
            }
        }

        @Override
        public void leader(@Nullable PeerId peer) {
            leader = peer == null ? null : peer.getIp();
            if (peer != null) {
                haste.calm();
            }
            listener.leader(leader);
        }

        @Override
        public void applied(long bytes) {
            listener.applied();
            if (retention.exceededBy(bytes)) {
                // Not here: JRaft wants the thread that applies, on which this runs.
                onPool(ReplicaNode.this::truncate);
            }
        }

        @Override
        public void failed(Throwable cause) {
            failure = failure == null ? cause : failure;
            listener.failed(failure);
        }
    }

    /** Sets a key. The future gives the revision; see {@link #propose(FrameEncoder)}. */
    public CompletableFuture<Long> put(byte[] key, byte[] value) {
        return propose(new FrameEncoder(Frames.HEADER_BYTES + key.length + value.length)
                .add(FrameKind.PUT, true, Frames.USER, key, value));
    }

    /**
     * Proposes one client write.
     *
     * @param frames its changes; the first one, and only it, is marked as the first of a write
     * @return the write's revision, once a majority has it durably and this node has applied it; or a {@link ProposalException}
     */
    public CompletableFuture<Long> propose(FrameEncoder frames) {
        CompletableFuture<Long> revision = new CompletableFuture<>();
        propose(leadingTerm(), List.of(frames.payload()), new EntryCallback() {
            @Override
            public void applied(long firstRevision) {
                revision.complete(firstRevision);
            }

            @Override
            public void failed(ProposalException failure) {
                revision.completeExceptionally(failure);
            }
        });
        return revision;
    }

    /**
     * Proposes one entry. Entries are logged in the order of the calls. Never blocks; the callback is not told within the call.
     *
     * @param term in which this node leads, by whose state the writes were decided; in any other nothing is taken
     * @param writes the frames of one client write each; they must not be changed any more
     */
    public void propose(long term, List<ByteBuffer> writes, EntryCallback callback) {
        Proposal proposal = new Proposal(callback);
        Leadership now = leadership;
        if (now == null || now.term() != term || closed.get()) {
            onPool(() -> proposal.refuse(ProposalException.Outcome.NOT_LEADER, "this node does not lead"));
            return;
        }
        Task task = new Task(RaftEntries.data(now.clock().micros(environment.ticker()), writes), proposal, now.term());
        try {
            node.apply(task);
        } catch (IllegalStateException e) {
            // JRaft is stopping, and tells the proposal itself.
            logger.debug("a proposal came while the node was stopping", e);
        }
    }

    private final class Proposal implements ReplicaStateMachine.Proposal {

        private final EntryCallback callback;
        private volatile long applied;

        Proposal(EntryCallback callback) {
            this.callback = callback;
        }

        @Override
        public void applied(long index, long firstRevision) {
            applied = firstRevision;
        }

        @Override
        public void run(Status status) {
            if (status.isOk()) {
                callback.applied(applied);
            } else {
                refuse(outcome(status), String.valueOf(status.getErrorMsg()));
            }
        }

        void refuse(ProposalException.Outcome outcome, String message) {
            callback.failed(new ProposalException(outcome, leader, message));
        }
    }

    /**
     * What a proposal's failure means. JRaft says EPERM to a proposal that it did not take, and to one that it took before
     * the leader stepped down, which may yet be committed; only the words differ. Other words than these count as unknown.
     */
    private static ProposalException.Outcome outcome(Status status) {
        String words = String.valueOf(status.getErrorMsg());
        RaftError error = status.getRaftError();
        if (error == RaftError.EBUSY) {
            return ProposalException.Outcome.OVERLOADED;
        }
        boolean notTaken = error == RaftError.ENODESHUTDOWN
                || (error == RaftError.EPERM && (words.equals("Is not leader.") || words.startsWith("expected_term=")));
        return notTaken ? ProposalException.Outcome.NOT_LEADER : ProposalException.Outcome.UNKNOWN;
    }

    /**
     * Waits until this node's store has all that was acknowledged anywhere when this was called (ReadIndex, Raft section 6.4).
     *
     * @param lease true to trust the leader's clock for an election timeout; false to have it ask a majority
     * @param callback told null when that is so, or why it cannot be said
     */
    public void readIndex(boolean lease, long timeoutMillis, Consumer<@Nullable String> callback) {
        ReadIndexClosure closure = new ReadIndexClosure(timeoutMillis) {
            @Override
            public void run(Status status, long index, byte[] context) {
                callback.accept(status.isOk() ? null : String.valueOf(status.getErrorMsg()));
            }
        };
        try {
            node.readIndex(
                    lease ? ReadOnlyOption.ReadOnlyLeaseBased : ReadOnlyOption.ReadOnlySafe, NO_CONTEXT, closure);
        } catch (IllegalStateException e) {
            logger.debug("a read came while the node was stopping", e); // JRaft tells the closure itself.
        }
    }

    /** Changes of the members and of the leader, while this node leads. */
    public GroupChanges changes() {
        return changes;
    }

    /** The store of this member; to be read only. */
    public StateMachine state() {
        return state;
    }

    /** The term in which this node leads and takes proposals, or 0 if it does not. */
    public long leadingTerm() {
        Leadership now = leadership;
        return now == null ? 0 : now.term();
    }

    /** The cluster's time in microseconds, if this node leads; else that of the last entry that it has. */
    public long timeMicros() {
        Leadership now = leadership;
        return now == null ? state.log().state().timeMicros() : now.clock().micros(environment.ticker());
    }

    /** The name of the leader as far as this node knows, or null. */
    public @Nullable String leader() {
        return leader;
    }

    /** Where it stands. */
    public MemberStatus status() {
        Role role = failure != null
                ? Role.FAILED
                : switch (node.getNodeState()) {
                    case STATE_LEADER, STATE_TRANSFERRING -> Role.LEADER;
                    case STATE_CANDIDATE -> Role.CANDIDATE;
                    case STATE_FOLLOWER, STATE_UNINITIALIZED, STATE_SHUTTING, STATE_SHUTDOWN, STATE_END ->
                        Role.FOLLOWER;
                    case STATE_ERROR -> Role.FAILED;
                };
        try {
            return new MemberStatus(role, vote.term(), node.getLastCommittedIndex(), node.getLastAppliedLogIndex());
        } catch (IllegalStateException e) { // JRaft does not say it any more once it stops.
            return new MemberStatus(role, vote.term(), state.appliedIndex(), state.appliedIndex());
        }
    }

    /** Why the node has failed and must be started anew, or null. */
    public @Nullable Throwable failure() {
        return failure;
    }

    /** Keeps more of the log than usual, for a member that is being brought up to date from here. */
    public void holdLog(boolean hold) {
        retention.hold(hold);
    }

    private void truncate() {
        var _ = checkpoint().whenComplete((done, trouble) -> {
            if (trouble != null) {
                logger.warn("the log was not truncated", trouble);
            }
        });
    }

    /** Makes a checkpoint and lets the log be truncated behind the one before; the future ends with it. */
    public CompletableFuture<Void> checkpoint() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        node.snapshot(status -> {
            if (status.isOk()) {
                done.complete(null);
            } else {
                done.completeExceptionally(new IOException(status.toString()));
            }
        });
        return done;
    }

    /** Hands leadership to another member if this one leads, and stops. */
    @Override
    public void close() {
        stop(false);
    }

    /** Stops without a word to the other members, as if the process had died. */
    void kill() {
        stop(true);
    }

    private void stop(boolean silently) {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        leadership = null;
        if (silently) {
            transport.close();
        }
        storage.shutdown();
        try {
            CompletableFuture<Void> stopped = new CompletableFuture<>();
            // On a thread of JRaft's: should it not come to an end, which it does not promise, the files are closed all
            // the same.
            var _ = ThreadPoolsFactory.runInThread(options.identity().cluster(), () -> {
                node.shutdown(status -> stopped.complete(null));
            });
            stopped.get(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            logger.error("JRaft did not stop in {} s", STOP_SECONDS, e);
        }
        appends.destroy();
        NodeManager.getInstance().removeAddress(self.getEndpoint());
        transport.close();
        closeQuietly(vote);
        closeQuietly(store::close);
    }
}
