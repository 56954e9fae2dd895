package dev.varve.replication.cluster;

import dev.varve.replication.transport.RaftTransport;
import dev.varve.storage.Store;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.index.KeyStretch;
import dev.varve.storage.state.RangeDigest;
import dev.varve.storage.state.RangeReader;
import dev.varve.storage.state.StateMachine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Compares what the replicas hold as of one revision, by digests of a few thousand keys at a time; no value is read. The revision is agreed
 * upon before it comes: each node registers it while it is not past there, and is then read as of it. Blocks. For one thread, once.
 */
final class Comparison {

    /** So many keys are compared at once. */
    private static final int KEYS = 8192;

    private static final int DIFFERENCES_MAX = 16;
    private static final int TRIES = 8;
    private static final int TIMEOUT_MILLIS = 2_000;

    /** Behind every key of every keyspace. */
    private static final byte[] END = IndexKey.endOf(0xffff);

    private final StateMachine state;
    private final RaftTransport transport;
    private final BooleanSupplier cancelled;
    private final Map<String, PeerSnapshot> snapshots = new TreeMap<>();
    private final Map<String, String> troubles = new TreeMap<>();
    private final Map<String, long[]> sums = new TreeMap<>();
    private final List<ReplicaDigests.Difference> differences = new ArrayList<>();

    /** @param cancelled looked at now and then */
    Comparison(Store store, RaftTransport transport, BooleanSupplier cancelled) {
        this.state = store.state();
        this.transport = transport;
        this.cancelled = cancelled;
    }

    /**
     * Compares this node with others.
     *
     * @param peers their names
     * @throws IOException if no revision could be agreed upon, or this node's own store cannot be read
     */
    ReplicaDigests run(List<String> peers) throws IOException {
        long revision = agree(peers);
        try {
            return compare(revision);
        } finally {
            snapshots.values().forEach(PeerSnapshot::close);
            state.releaseSnapshot(revision);
        }
    }

    private void throwIfCancelled() throws IOException {
        if (cancelled.getAsBoolean()) {
            throw new IOException("the node is closing");
        }
    }

    /** Has all register one revision, which may be some writes ahead: the further, the more of them have passed in earlier tries. */
    private long agree(List<String> peers) throws IOException {
        long newest = state.visibleRevision();
        for (int i = 0; i < TRIES; i++) {
            throwIfCancelled();
            // Where nobody writes, no revision comes: every other try takes the one that is there.
            long wanted = newest + (i % 2 == 0 ? 0 : 1L << (2 * i));
            if (state.openSnapshotAt(wanted)) {
                long passed = register(peers, wanted);
                if (passed < 0 && awaitVisible(wanted)) {
                    return wanted;
                }
                snapshots.values().forEach(PeerSnapshot::close);
                snapshots.clear();
                state.releaseSnapshot(wanted);
                newest = Math.max(newest, passed);
            }
            newest = Math.max(newest, state.visibleRevision());
        }
        throw new IOException("the nodes have found no revision that all of them have at once; try again");
    }

    /** Returns a newer revision that is visible somewhere, or -1 if all have registered the wanted one, but for those that do not answer. */
    private long register(List<String> peers, long wanted) {
        long passed = -1;
        for (String peer : peers) {
            try {
                snapshots.put(peer, PeerSnapshot.open(transport, peer, wanted, TIMEOUT_MILLIS));
                troubles.remove(peer);
            } catch (PeerSnapshot.RefusedException e) {
                passed = e.visibleRevision() > wanted ? Math.max(passed, e.visibleRevision()) : passed;
                troubles.put(peer, String.valueOf(e.getMessage()));
            } catch (IOException e) {
                troubles.put(peer, String.valueOf(e.getMessage()));
            }
        }
        return passed;
    }

    private boolean awaitVisible(long revision) {
        for (int i = 0; i < TIMEOUT_MILLIS && state.visibleRevision() < revision; i++) {
            LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(1));
        }
        return state.visibleRevision() >= revision;
    }

    private ReplicaDigests compare(long revision) throws IOException {
        String self = transport.identity().node();
        sums.put(self, new long[2]);
        snapshots.keySet().forEach(peer -> sums.put(peer, new long[2]));
        byte[] start = new byte[0];
        while (start != null) {
            throwIfCancelled();
            RangeDigest own = own(start, revision);
            byte[] last = own.lastKey();
            byte[] end = last == null ? END : KeyStretch.behind(last);
            add(self, own);
            for (PeerSnapshot peer : snapshots.values()) {
                compare(peer, own, start, end);
            }
            start = last == null ? null : end;
        }
        List<ReplicaDigests.NodeDigest> nodes = new ArrayList<>();
        sums.forEach((node, sum) -> nodes.add(new ReplicaDigests.NodeDigest(node, sum[0], sum[1], troubles.get(node))));
        troubles.forEach((node, trouble) -> {
            if (!sums.containsKey(node)) {
                nodes.add(new ReplicaDigests.NodeDigest(node, 0, 0, trouble));
            }
        });
        return new ReplicaDigests(revision, nodes, differences);
    }

    private RangeDigest own(byte[] start, long revision) throws IOException {
        try (RangeReader range = state.index(start, END, revision)) {
            return RangeDigest.of(range, KEYS);
        } catch (CorruptionException e) {
            state.damages().met(e);
            throw e;
        }
    }

    private void compare(PeerSnapshot peer, RangeDigest own, byte[] start, byte[] end) {
        if (troubles.containsKey(peer.peer())) {
            return;
        }
        try {
            RangeDigest other = peer.digest(start, end);
            add(peer.peer(), other);
            if ((other.entries() != own.entries() || other.sum() != own.sum())
                    && differences.size() < DIFFERENCES_MAX) {
                differences.add(new ReplicaDigests.Difference(peer.peer(), start, end));
            }
        } catch (IOException e) {
            troubles.put(peer.peer(), String.valueOf(e.getMessage()));
        }
    }

    private void add(String node, RangeDigest digest) {
        long[] sum = sums.computeIfAbsent(node, name -> new long[2]);
        sum[0] += digest.entries();
        sum[1] += digest.sum();
    }
}
