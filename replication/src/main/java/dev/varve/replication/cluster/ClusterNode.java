package dev.varve.replication.cluster;

import dev.varve.replication.ReplicaNode;
import dev.varve.replication.ReplicaOptions;
import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.CommandCallback;
import dev.varve.replication.sequencer.RequestNote;
import dev.varve.replication.sequencer.SequencerLimits;
import dev.varve.replication.sequencer.SequencerStats;
import dev.varve.replication.sequencer.StateReader;
import dev.varve.replication.sequencer.WriteSequencer;
import dev.varve.replication.transport.CallCallback;
import dev.varve.replication.transport.RaftTransport;
import dev.varve.replication.transport.TransportIdentity;
import dev.varve.replication.transport.TransportOptions;
import dev.varve.replication.transport.TransportSecurity;
import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.PreparedWrite;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import dev.varve.storage.StoreListener;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.WriteCallback;
import dev.varve.storage.format.RaftConfiguration;
import dev.varve.storage.io.Environment;
import dev.varve.storage.log.LogState;
import dev.varve.storage.state.Founder;
import dev.varve.storage.state.IncomingCheckpoint;
import dev.varve.storage.state.ShippedCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store as one of a cluster's: takes every request, wherever the leader is. Thread-safe.
 *
 * <p>A write goes through the {@link CommandRouter} to the {@link WriteSequencer} of the leader, which decides it, and through a
 * {@link RaftProposer} of the leader's term into the log. A read waits for a round of {@link ReadRounds}, and is then answered from this
 * node's own store.
 */
final class ClusterNode implements ServedStore {

    private static final Logger logger = LoggerFactory.getLogger(ClusterNode.class);

    /** What a frame holds besides the largest write. */
    private static final int FRAME_MARGIN_BYTES = 8 << 20;

    /** Entries that are not applied or on disk yet may take this part of the heap, if it is small. */
    private static final int LOG_MEMORY_DIVISOR = 8;

    /** Raft itself gives an attempt up after an election timeout. */
    private static final int STEP_ASIDE_ATTEMPTS = 4;

    private final ClusterOptions options;
    private final Store store;
    private final Environment environment;
    private final RaftTransport transport;
    private final WriteSequencer sequencer;
    private final CommandRouter router;
    private final Decisions decisions;
    private final ReadRounds rounds;
    private final ReadRounds leaseRounds;
    private final RevisionWaits revisions;
    private final ReplicaNode replica;
    private final SyncLatency syncs;
    private final MemberRegister register;
    private final Joining joining;
    private final PeerBoard board;
    private final Membership membership;
    private final HandOver handOver;
    private final ByteRate catchUpRate;
    private final CheckpointSender sender;
    private final CheckpointFetcher fetcher;
    private final AtomicLong fetchedBytes;
    private final Executor blocking;
    private final SharedSnapshots snapshots;
    private final Healing healing;
    private volatile String http = "";
    private volatile @Nullable String leader;
    private volatile boolean leads;

    private ClusterNode(
            ClusterOptions options,
            Store store,
            Environment environment,
            RaftTransport transport,
            PeerAddressBook addresses,
            Executor coldReads,
            Consumer<IncomingCheckpoint> onFetched,
            Healing.Rebuilding rebuilding,
            AtomicLong fetchedBytes)
            throws IOException {
        this.options = options;
        this.store = store;
        this.blocking = coldReads;
        this.fetchedBytes = fetchedBytes;
        this.environment = environment;
        this.transport = transport;
        this.sequencer = new WriteSequencer(
                StateReader.of(store, this::timeMicros), ClusterNode::refuse, coldReads, SequencerLimits.defaults());
        sequencer.suspend(notLeading());
        this.router = new CommandRouter(
                new Ways(), environment.ticker(), environment.random().nextLong());
        this.rounds = rounds(false);
        this.leaseRounds = rounds(true);
        this.decisions = new Decisions(store, sequencer, rounds, environment.ticker());
        this.revisions = new RevisionWaits(store::revision, environment.ticker(), transport::schedule);
        this.syncs = new SyncLatency(environment.ticker());
        this.catchUpRate = new ByteRate(environment.ticker(), options.catchUpBytesPerSecond());
        store.addListener(syncs);
        Events events = new Events();
        this.replica = ReplicaNode.start(
                new ReplicaOptions(
                        transport.identity(),
                        List.of(),
                        options.electionMillis(),
                        Math.max(1, options.electionMillis() / 5),
                        options.logRetentionBytes(),
                        logMemoryBytes(store.options())),
                transport,
                environment,
                store,
                events);
        this.sender = new CheckpointSender(
                replica, transport, coldReads, environment.ticker(), environment.random(), catchUpRate);
        this.fetcher = new CheckpointFetcher(
                replica,
                transport,
                environment,
                store.directory(),
                2 * store.options().segmentBytes(),
                fetchedBytes,
                onFetched);
        this.register = new MemberRegister(replica, coldReads);
        this.joining =
                new Joining(replica, transport, store.nodeId(), options.peers().keySet(), register);
        this.board = new PeerBoard(
                transport, options.peers().keySet(), addresses, options.told(), environment.ticker(), this::card);
        this.membership = new Membership(replica, transport, joining, register);
        this.handOver = new HandOver(replica, store, board, joining, transport, syncs, coldReads, environment.ticker());
        this.snapshots = new SharedSnapshots(store, revisions, transport, coldReads, environment.ticker());
        this.healing = new Healing(store, replica, transport, this::others, rebuilding, environment.ticker());
        transport.handle(Messages.FORWARD, decisions::forwarded);
        events.begin();
        sender.start();
        joining.start();
        board.start();
        handOver.start();
        snapshots.start();
        healing.start();
    }

    private List<String> others() {
        return joining.members().voters().stream()
                .map(Messages::node)
                .filter(node -> !node.equals(options.node()))
                .toList();
    }

    /** Entries on their way must find room, or Raft would refuse some of them, behind others that it has taken. */
    private static long logMemoryBytes(StoreOptions limits) {
        long entry = (long) Math.max(limits.maxBatchBytes(), limits.maxValueBytes()) + FRAME_MARGIN_BYTES;
        long part = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / LOG_MEMORY_DIVISOR);
        return Math.max(part, 2 * RaftProposer.ENTRIES_IN_FLIGHT * entry);
    }

    private static int frameBytes(StoreOptions limits) {
        return 2 * Math.max(limits.maxBatchBytes(), limits.maxValueBytes()) + FRAME_MARGIN_BYTES;
    }

    /**
     * Starts a node. If its directory is empty it founds the cluster or looks for it, which takes as long as it takes.
     *
     * @param data the directory of its store
     * @param coldReads runs reads of the sequencer that may wait for the disk
     * @param onFetched told, on a thread that closing this node waits for, of a checkpoint that is to take the place of the store: once this
     *     node is closed, by {@link IncomingCheckpoint#install}
     * @param rebuilding for a node that fails because of damage; not called within this
     * @param fetchedBytes counts what is fetched for that
     * @throws StoreException if the store cannot be opened
     * @throws IOException if it cannot listen, is another node than the one whose store it is, or cannot take part
     */
    static ClusterNode start(
            ClusterOptions options,
            Path data,
            StoreOptions sizes,
            Environment environment,
            Executor coldReads,
            Consumer<IncomingCheckpoint> onFetched,
            Healing.Rebuilding rebuilding,
            AtomicLong fetchedBytes)
            throws IOException {
        PeerAddressBook addresses = new PeerAddressBook(options.peers());
        TransportSecurity security = options.credentials().security(options.node(), environment.random());
        Store store = Store.member(data, sizes, environment, search(options, addresses, environment, () -> false));
        RaftTransport transport;
        try {
            String owner = Messages.node(store.nodeId());
            if (!owner.equals(options.node())) {
                throw new IOException("the store in " + store.directory() + " is that of node '" + owner + "', not of '"
                        + options.node() + "': start it with --node-id " + owner + ", or give another --data");
            }
            addresses.refresh();
            StoreOptions limits = store.options();
            TransportOptions defaults = TransportOptions.defaults();
            transport = RaftTransport.start(
                    new TransportIdentity(Messages.cluster(store.incarnation()), options.node()),
                    security,
                    addresses,
                    options.listen(),
                    new TransportOptions(
                            Math.max(defaults.maxFrameBytes(), frameBytes(limits)),
                            defaults.maxCallsInFlight(),
                            Math.max(defaults.maxPendingBytes(), 2 * frameBytes(limits)),
                            defaults.maxConnections(),
                            defaults.connectMillis()),
                    environment.ticker());
        } catch (IOException | RuntimeException e) {
            store.close();
            throw e;
        }
        return new ClusterNode(
                options, store, environment, transport, addresses, coldReads, onFetched, rebuilding, fetchedBytes);
    }

    /** Decides as what a store is founded; see {@link ClusterSearch}. */
    static Founder search(
            ClusterOptions options, PeerAddressBook addresses, Environment environment, BooleanSupplier stopped)
            throws IOException {
        TransportSecurity security = options.credentials().security(options.node(), environment.random());
        return new ClusterSearch(options, addresses, security, environment.ticker(), stopped);
    }

    /**
     * Why the group cannot do without this member, which would be lost for good, or null. Those that are left must be a majority, or nobody could
     * take in a new one.
     */
    @Nullable
    String indispensable() {
        List<String> voters = joining.members().voters();
        long others = board.view(joining.members(), leader, node -> false).stream()
                .filter(each -> each.voter() && each.reachable() && !each.name().equals(options.node()))
                .count();
        return !joining.isMember() || others > voters.size() / 2
                ? null
                : "without this node only " + others + " of the " + voters.size()
                        + " members can be reached, which is no majority";
    }

    private long timeMicros() {
        return replica.timeMicros();
    }

    private static PreparedWrite refuse(
            WriteBatch batch, @Nullable RequestNote note, Durability durability, WriteCallback callback) {
        return () -> callback.completed(-1, notLeading());
    }

    static StoreException notLeading() {
        return new StoreException(Kind.NO_LEADER, "this node does not lead its cluster; nothing was written");
    }

    private ReadRounds rounds(boolean lease) {
        return new ReadRounds(
                answer -> replica.readIndex(lease, 2L * options.electionMillis(), answer),
                environment.ticker(),
                transport::schedule);
    }

    // ---- The part in the group.

    /** What the group tells this node; its calls may come before the node is put together, and are then done again. */
    private final class Events implements ReplicaNode.Listener {

        private volatile boolean begun;
        private volatile @Nullable RaftConfiguration members;
        private volatile long term;
        private @Nullable String lastLeader;

        /** The node is put together: does what could not be done before. */
        synchronized void begin() {
            begun = true;
            RaftConfiguration heard = members;
            if (heard != null) {
                joining.members(heard);
            }
            if (term != 0) {
                lead(term);
            }
        }

        @Override
        public synchronized void leading(long newTerm) {
            term = newTerm;
            if (begun) {
                lead(newTerm);
            }
        }

        private void lead(long newTerm) {
            sequencer.resume(new RaftProposer(
                    store::encode,
                    (writes, callback) -> replica.propose(newTerm, writes, callback),
                    environment.ticker(),
                    catchUpRate));
            leads = true;
            logger.info("node '{}' leads in term {}", options.node(), newTerm);
            router.leaderChanged();
        }

        @Override
        public synchronized void following() {
            term = 0;
            leads = false;
            if (begun) {
                sequencer.suspend(notLeading());
            }
        }

        @Override
        public synchronized void leader(@Nullable String node) {
            leader = node;
            if (!begun || node == null) {
                return;
            }
            joining.led();
            handOver.led(node);
            String before = lastLeader;
            lastLeader = node;
            if (before != null && !before.equals(node)) {
                transport.schedule(() -> giveUpForwardedTo(before), 2L * options.electionMillis());
            }
            board.ask(node);
            router.leaderChanged();
        }

        /** A leader that froze would not answer for a long time, and what it answers then says no more than that. */
        private void giveUpForwardedTo(String before) {
            if (!before.equals(leader)) {
                router.giveUpForwardedTo(before);
            }
        }

        @Override
        public synchronized void members(RaftConfiguration now) {
            logger.info("the members are {}", now);
            members = now;
            if (begun) {
                joining.members(now);
            }
        }

        @Override
        public void applied() {
            revisions.advanced();
            if (begun && fetcher.mayHaveLeftovers()) {
                removeLeftovers();
            }
        }

        @Override
        public void behind() {
            if (begun) {
                fetcher.behind();
            }
        }

        @Override
        public void failed(Throwable cause) {
            logger.error("node '{}' has failed and must be started anew", options.node(), cause);
        }
    }

    private void removeLeftovers() {
        try {
            blocking.execute(fetcher::removeLeftovers);
        } catch (RejectedExecutionException e) {
            logger.debug("there is no thread now; it is tried when more is applied", e);
        }
    }

    /** True if a checkpoint may take the place of the store, which is closed: see {@link ShippedCheckpoint#covers}. */
    boolean isCoveredBy(ShippedCheckpoint checkpoint) {
        LogState end = store.state().log().state();
        // An empty log does not know the term of the entry before it, which is that of the checkpoint behind which it
        // begins.
        long term = end.lastTerm() != 0
                ? end.lastTerm()
                : store.state().lastCheckpoint().appliedTerm();
        return checkpoint.covers(end.lastIndex(), term);
    }

    // ---- Writes.

    private final class Ways implements CommandRouter.Ways {

        @Override
        public @Nullable String leader() {
            String node = knownLeader();
            return options.node().equals(node) ? null : node;
        }

        @Override
        public boolean leadsHere() {
            return leads;
        }

        @Override
        public void decide(Command command, CommandCallback callback) {
            decisions.decide(command, callback);
        }

        @Override
        public void forward(String to, byte[] body, long timeoutMillis, CommandRouter.Arrival arrival) {
            transport.call(to, Messages.FORWARD, body, timeoutMillis, new CallCallback() {
                @Override
                public void answered(byte[] answer) {
                    CommandCodec.Answer decoded;
                    try {
                        decoded = CommandCodec.decodeAnswer(answer);
                    } catch (IllegalArgumentException e) {
                        arrival.lost(false, "its answer cannot be understood: " + e.getMessage());
                        return;
                    }
                    arrival.answered(decoded);
                }

                @Override
                public void failed(boolean unsent, String why) {
                    arrival.lost(unsent, why);
                }
            });
        }

        @Override
        public void later(Runnable task, long millis) {
            transport.schedule(task, millis);
        }
    }

    @Override
    public void submit(Command command, Durability durability, long deadlineNanos, CommandCallback callback) {
        router.submit(command, deadlineNanos, callback);
    }

    // ---- Reads.

    @Override
    public Store store() {
        return store;
    }

    @Override
    public void addListener(StoreListener listener) {
        store.addListener(listener);
    }

    @Override
    public boolean isCurrent(Consistency consistency) {
        return consistency == Consistency.STALE;
    }

    @Override
    public void awaitCurrent(Consistency consistency, long deadlineNanos, Consumer<@Nullable StoreException> callback) {
        switch (consistency) {
            case STALE -> callback.accept(null);
            case LEASE -> leaseRounds.await(deadlineNanos, callback);
            case LINEARIZABLE -> rounds.await(deadlineNanos, callback);
        }
    }

    // ---- Members.

    @Override
    public void change(
            MemberChange change,
            @Nullable String node,
            long deadlineNanos,
            Consumer<@Nullable StoreException> callback) {
        long left = deadlineNanos - environment.ticker().nanos();
        membership.change(change, node, TimeUnit.NANOSECONDS.toMillis(left), callback);
    }

    @Override
    public @Nullable Entry readElsewhere(byte[] key, long leastRevision, StoreException damage) {
        try {
            return healing.read(key, leastRevision);
        } catch (IOException e) {
            damage.addSuppressed(e);
            throw damage;
        }
    }

    @Override
    public void compare(Comparing callback) {
        healing.compare(callback::compared);
    }

    @Override
    public @Nullable ReplicaDigests lastCompared() {
        return healing.last();
    }

    @Override
    public void stepAside() {
        handOver.now(STEP_ASIDE_ATTEMPTS, 2L * options.electionMillis());
    }

    @Override
    public void awaitRevision(long revision, long deadlineNanos, Consumer<@Nullable StoreException> callback) {
        revisions.await(revision, deadlineNanos, callback);
    }

    @Override
    public long lag() {
        return board.lag();
    }

    @Override
    public Durability durability(Durability asked) {
        return Durability.MAJORITY;
    }

    /** Who leads, or null: as Raft says, or where it tells this node nothing any more since it has failed, as the others say. */
    private @Nullable String knownLeader() {
        return replica.failure() == null ? leader : board.leading();
    }

    // ---- What is told.

    @Override
    public void advertise(String httpAddress) {
        http = httpAddress;
    }

    @Override
    public @Nullable String leader() {
        String node = knownLeader();
        String address = node == null ? null : board.http(node);
        return address == null ? null : node + "=" + address;
    }

    @Override
    public @Nullable String unready() {
        Throwable failure = replica.failure();
        if (failure != null) {
            return "the node has failed and must be started anew: " + failure.getMessage();
        }
        String refusal = joining.refusal();
        if (refusal != null) {
            return refusal;
        }
        CheckpointFetcher.Progress progress = fetcher.progress();
        if (progress != null) {
            return "the node " + progress;
        }
        if (!joining.isSettled()) {
            return "the node waits to be taken into the cluster";
        }
        return leader == null ? "no leader is known" : null;
    }

    @Override
    public SequencerStats sequencerStats() {
        return sequencer.stats();
    }

    @Override
    public ClusterView view() {
        String leads = knownLeader();
        String seen = leads == null || board.isGone(leads) ? null : leads;
        return new ClusterView(
                transport.identity().cluster(),
                options.node(),
                seen,
                replica.status().term(),
                board.view(joining.members(), seen, this::isRemoved),
                new ClusterView.CatchUp(fetcher.progress() != null, fetchedBytes.get(), sender.sentBytes()));
    }

    private boolean isRemoved(String node) {
        return register.standingNow(node) == MemberRegister.Standing.REMOVED;
    }

    private PeerBoard.Card card() {
        ReplicaNode.MemberStatus status = replica.status();
        CheckpointFetcher.Progress progress = fetcher.progress();
        return new PeerBoard.Card(
                store.nodeId(),
                http,
                status.role(),
                status.commitIndex(),
                status.appliedIndex(),
                store.needsSpace(),
                progress == null ? "" : progress.toString(),
                syncs.p99Micros());
    }

    @Override
    public void close() {
        stepAside();
        router.close();
        rounds.close();
        leaseRounds.close();
        revisions.close();
        joining.close();
        board.close();
        handOver.close();
        fetcher.close();
        sender.close();
        healing.close();
        snapshots.close();
        replica.close();
    }
}
