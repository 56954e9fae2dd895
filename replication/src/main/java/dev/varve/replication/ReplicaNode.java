package dev.varve.replication;

import com.alipay.sofa.jraft.NodeManager;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.EnumOutter;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.Task;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.rpc.ProtobufMsgFactory;
import com.alipay.sofa.jraft.rpc.impl.PingRequestProcessor;
import com.alipay.sofa.jraft.rpc.impl.core.AppendEntriesRequestProcessor;
import com.alipay.sofa.jraft.rpc.impl.core.InstallSnapshotRequestProcessor;
import com.alipay.sofa.jraft.rpc.impl.core.ReadIndexRequestProcessor;
import com.alipay.sofa.jraft.rpc.impl.core.RequestVoteRequestProcessor;
import com.alipay.sofa.jraft.rpc.impl.core.TimeoutNowRequestProcessor;
import com.alipay.sofa.jraft.util.ThreadPoolsFactory;
import dev.varve.replication.raft.RaftEntries;
import dev.varve.replication.raft.RaftParts;
import dev.varve.replication.raft.ReplicaStateMachine;
import dev.varve.replication.raft.VarveLogStorage;
import dev.varve.replication.transport.NettyRpcClient;
import dev.varve.replication.transport.NettyRpcServer;
import dev.varve.replication.transport.RaftTransport;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.io.Environment;
import dev.varve.storage.log.VoteFile;
import dev.varve.storage.state.StateListener;
import dev.varve.storage.state.StateMachine;
import dev.varve.storage.state.StateOptions;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member of a Raft group: it votes, replicates, and applies what is committed to its store.
 *
 * <p>A proposal carries the term in which the node led when it was made; JRaft drops it if the term has changed, so that
 * nothing that was decided on old state is written. A node proposes only once it has applied everything of earlier terms.
 *
 * <p>It owns its transport and its files. Thread-safe.
 */
public final class ReplicaNode implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(ReplicaNode.class);
    private static final int MAX_APPEND_BYTES = 1 << 20;
    private static final int MAX_BODY_BYTES = 512 << 10;
    private static final int MAX_MESSAGES_IN_FLIGHT = 64;
    private static final long RECENT_BYTES = 16 << 20;
    private static final int RPC_THREADS = 6;
    private static final int STOP_SECONDS = 10;

    private final ReplicaOptions options;
    private final RaftTransport transport;
    private final Environment environment;
    private final StateMachine state;
    private final VoteFile vote;
    private final VarveLogStorage storage;
    private final AppendEntriesRequestProcessor appends = new AppendEntriesRequestProcessor(null);
    private final PeerId self;
    private final NodeImpl node;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile @Nullable Leadership leadership;
    private volatile @Nullable String leader;
    private volatile @Nullable Throwable failure;

    /** The term in which this node leads, and its clock. */
    private record Leadership(long term, LeaderClock clock) {}

    private ReplicaNode(
            ReplicaOptions options,
            RaftTransport transport,
            Environment environment,
            StateMachine state,
            VoteFile vote) {
        this.options = options;
        this.transport = transport;
        this.environment = environment;
        this.state = state;
        this.vote = vote;
        this.storage = new VarveLogStorage(state.log(), RECENT_BYTES, this::unreadable);
        this.self = peer(options.identity().node());
        this.node = new NodeImpl(options.identity().cluster(), self);
    }

    /** Whether a node may create what it must not forget. */
    public enum Begin {
        /** The node is one of those with which the group begins; its directory is empty, or its founding was interrupted. */
        FOUND,
        /** The node was a member before; without its vote it must not vote, and does not start. */
        RESUME
    }

    /**
     * Starts a member.
     *
     * @param transport its network, of the same identity; owned by the node from now on, also if this fails
     * @param environment file system and clocks; the first leader of a new group takes the time from the wall clock
     * @param directory its files
     * @param sizes of its store
     * @throws IOException if the files cannot be opened, or JRaft refuses them
     */
    public static ReplicaNode start(
            Begin begin,
            ReplicaOptions options,
            RaftTransport transport,
            Environment environment,
            Path directory,
            StateOptions sizes)
            throws IOException {
        ProtobufMsgFactory.load();
        List<Closeable> opened = new ArrayList<>(List.of(transport::close));
        try {
            StateMachine state =
                    StateMachine.open(environment, directory, sizes, StateMachine.Mode.REPLICA, new Unheard());
            opened.add(state);
            VoteFile vote = openVote(begin, environment, directory, state);
            opened.add(vote);
            ReplicaNode replica = new ReplicaNode(options, transport, environment, state, vote);
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

    private static VoteFile openVote(Begin begin, Environment environment, Path directory, StateMachine state)
            throws IOException {
        boolean empty = state.log().lastIndex() == 0 && state.lastCheckpoint().appliedIndex() == 0;
        StoreId storeId = state.manifestState().storeId();
        boolean voted =
                environment.files().exists(directory.resolve(new FileName(FileKind.VOTE, VoteFile.ID).toString()));
        if (begin == Begin.FOUND && empty && !voted) {
            return VoteFile.create(environment.files(), directory, storeId, 0, null);
        }
        return VoteFile.open(environment.files(), directory, storeId);
    }

    private void begin() throws IOException {
        registerProcessors(transport.server());
        NodeManager.getInstance().addAddress(self.getEndpoint());
        if (!node.init(nodeOptions())) {
            throw new IOException(
                    "node '" + options.identity().node() + "' cannot take part in its group; the log says why",
                    storage.failure());
        }
    }

    private static void closeQuietly(Closeable each) {
        try {
            each.close();
        } catch (IOException e) {
            logger.warn("a file or connection was not closed as it should", e);
        }
    }

    /** Nobody measures yet. */
    private static final class Unheard implements StateListener {
        @Override
        public void forced(long nanos, int writes, long bytes) {}

        @Override
        public void flushed(long nanos, long entries, long bytes) {}

        @Override
        public void compacted(long nanos, long readBytes, long writtenBytes) {}
    }

    private static PeerId peer(String name) {
        return new PeerId(NettyRpcClient.endpoint(name), 0);
    }

    /** The log cannot be read: another node should lead. Not at once, since the reader may hold locks of JRaft. */
    private void unreadable(Exception cause) {
        if (failure != null || closed.get()) {
            return;
        }
        failure = cause;
        RaftException error = new RaftException(EnumOutter.ErrorType.ERROR_TYPE_LOG);
        error.getStatus().setError(RaftError.EIO, "the log cannot be read: %s", cause);
        var _ = ThreadPoolsFactory.runInThread(options.identity().cluster(), () -> node.onError(error));
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
        all.setServiceFactory(new RaftParts(transport, storage, vote, state));
        all.setFsm(new ReplicaStateMachine(state, storage, new Events()));
        all.setRaftOptions(raft);
        Configuration founders = new Configuration();
        options.members().forEach(name -> founders.addPeer(peer(name)));
        all.setInitialConf(founders);
        all.setElectionTimeoutMs(options.electionMillis());
        all.setSnapshotIntervalSecs(options.checkpointSeconds());
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

    /** What JRaft tells of the node's part in the group. */
    private final class Events implements ReplicaStateMachine.Listener {

        @Override
        public void leading(long term) {
            long logged = state.log().state().timeMicros();
            long now = logged > 0
                    ? logged
                    : Math.multiplyExact(environment.wallClock().millis(), 1000L);
            leader = options.identity().node();
            leadership = new Leadership(term, LeaderClock.since(now, environment.ticker()));
        }

        @Override
        public void following() {
            leadership = null;
        }

        @Override
        public void leader(@Nullable PeerId peer) {
            leader = peer == null ? null : peer.getIp();
        }

        @Override
        public void failed(Throwable cause) {
            failure = cause;
        }
    }

    /** Sets a key. The future gives the revision; see {@link #propose}. */
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
        Proposal proposal = new Proposal();
        Leadership now = leadership;
        if (now == null || closed.get()) {
            proposal.refuse(ProposalException.Outcome.NOT_LEADER, "this node does not lead");
            return proposal.revision;
        }
        Task task = new Task(
                RaftEntries.data(now.clock().micros(environment.ticker()), frames.payload()), proposal, now.term());
        try {
            node.apply(task);
        } catch (IllegalStateException e) {
            // The node is stopping: JRaft refuses before it takes anything, and tells the proposal as well.
            proposal.refuse(ProposalException.Outcome.NOT_LEADER, "this node is stopping");
        }
        return proposal.revision;
    }

    private final class Proposal implements ReplicaStateMachine.Proposal {

        private final CompletableFuture<Long> revision = new CompletableFuture<>();
        private volatile long applied;

        @Override
        public void applied(long index, long newRevision) {
            applied = newRevision;
        }

        @Override
        public void run(Status status) {
            if (status.isOk()) {
                revision.complete(applied);
            } else {
                refuse(outcome(status), String.valueOf(status.getErrorMsg()));
            }
        }

        void refuse(ProposalException.Outcome outcome, String message) {
            revision.completeExceptionally(new ProposalException(outcome, leader, message));
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

    /** The store of this member; to be read only. */
    public StateMachine state() {
        return state;
    }

    /** The term in which this node leads and takes proposals, or 0 if it does not. */
    public long leadingTerm() {
        Leadership now = leadership;
        return now == null ? 0 : now.term();
    }

    /** The name of the leader as far as this node knows, or null. */
    public @Nullable String leader() {
        return leader;
    }

    /** Why the node has failed and must be started anew, or null. */
    public @Nullable Throwable failure() {
        return failure;
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
        closeQuietly(state);
    }
}
