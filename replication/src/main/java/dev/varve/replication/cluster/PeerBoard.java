package dev.varve.replication.cluster;

import dev.varve.replication.ReplicaNode;
import dev.varve.replication.transport.CallCallback;
import dev.varve.replication.transport.RaftTransport;
import dev.varve.storage.format.RaftConfiguration;
import dev.varve.storage.io.Ticker;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the nodes say of themselves. Each asks all others once in a while, and so learns the addresses of their HTTP ports, too.
 * Thread-safe.
 */
final class PeerBoard {

    private static final long ASK_MILLIS = 500;
    private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final RaftTransport transport;
    private final Set<String> peers = ConcurrentHashMap.newKeySet();
    private final byte[] address;
    private final Ticker ticker;
    private final Supplier<Card> own;
    private final Map<String, Heard> heard = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /**
     * What a node says of itself.
     *
     * @param member its id as a member
     * @param http address of its HTTP port; empty if it does not know yet
     * @param full true if its disk is so full that it refuses puts
     * @param activity what it is about besides, in words; empty if nothing
     * @param syncMicros how long the syncs of its log took lately, 99th percentile; 0 if it does not know
     */
    record Card(
            String member,
            String http,
            ReplicaNode.Role role,
            long commitIndex,
            long appliedIndex,
            boolean full,
            String activity,
            long syncMicros) {

        byte[] encode() {
            return new BodyWriter(128)
                    .text(member)
                    .text(http)
                    .text(role.name())
                    .i64(commitIndex)
                    .i64(appliedIndex)
                    .u8(full ? 1 : 0)
                    .text(activity)
                    .i64(syncMicros)
                    .bytes();
        }

        static Card decode(byte[] body) {
            BodyReader in = new BodyReader(body);
            String member = in.text();
            String http = in.text();
            return new Card(
                    member,
                    http,
                    ReplicaNode.Role.valueOf(in.text()),
                    in.i64(),
                    in.i64(),
                    in.u8() != 0,
                    in.text(),
                    in.i64());
        }
    }

    private record Heard(Card card, long nanos) {}

    /**
     * @param addresses of the peers; those of others that ask are noted there
     * @param address where this node listens for others, as it tells them; empty if it does not know
     * @param own what this node says of itself
     */
    PeerBoard(
            RaftTransport transport,
            Set<String> peers,
            PeerAddressBook addresses,
            String address,
            Ticker ticker,
            Supplier<Card> own) {
        this.transport = transport;
        this.peers.addAll(peers);
        this.address = new BodyWriter(64).text(address).bytes();
        this.ticker = ticker;
        this.own = own;
        transport.handle(Messages.STATUS, (from, body, reply) -> {
            addresses.learn(from, new BodyReader(body).text());
            this.peers.add(from);
            reply.answer(own.get().encode());
        });
    }

    /** Begins to ask. */
    void start() {
        askAll();
    }

    private void askAll() {
        if (!closed) {
            peers.forEach(this::ask);
            transport.schedule(this::askAll, ASK_MILLIS);
        }
    }

    /** Asks one of them now. */
    void ask(String peer) {
        if (closed || peer.equals(transport.identity().node())) {
            return;
        }
        transport.call(peer, Messages.STATUS, address, 2 * ASK_MILLIS, new CallCallback() {
            @Override
            public void answered(byte[] body) {
                heard.put(peer, new Heard(Card.decode(body), ticker.nanos()));
            }

            @Override
            public void failed(boolean unsent, String why) {
                // It is asked again soon; the transport remembers why it cannot be reached.
            }
        });
    }

    void close() {
        closed = true;
    }

    /** The address of the HTTP port of a node, or null if that is not known. */
    @Nullable
    String http(String node) {
        Card card = node.equals(transport.identity().node()) ? own.get() : card(node);
        return card == null || card.http().isEmpty() ? null : card.http();
    }

    /** Another node that says that it leads and can be reached; null if there is none. */
    @Nullable
    String leading() {
        return heard.entrySet().stream()
                .filter(each -> each.getValue().card().role() == ReplicaNode.Role.LEADER && isReachable(each.getKey()))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(null);
    }

    /** A node other than this one that votes, has answered lately, and has space on its disk; null if there is none. */
    @Nullable
    String withSpace(List<String> voters) {
        for (Map.Entry<String, Heard> each : heard.entrySet()) {
            Card card = each.getValue().card();
            if (voters.contains(card.member()) && !card.full() && isRecent(each.getValue())) {
                return each.getKey();
            }
        }
        return null;
    }

    /** How long the syncs of the others that vote take: the median, of an even number the slower one; 0 if nobody has said it lately. */
    long othersSyncMicros(List<String> voters) {
        long[] sorted = syncMicros(voters).values().stream()
                .mapToLong(Long::longValue)
                .sorted()
                .toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
    }

    /** The other voter whose syncs take least; null if nobody has said it lately. */
    @Nullable
    String fastest(List<String> voters) {
        return syncMicros(voters).entrySet().stream()
                .min(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(null);
    }

    private Map<String, Long> syncMicros(List<String> voters) {
        Map<String, Long> known = new TreeMap<>();
        heard.forEach((name, last) -> {
            Card card = last.card();
            if (voters.contains(card.member()) && card.syncMicros() > 0 && !card.full() && isReachable(name)) {
                known.put(name, card.syncMicros());
            }
        });
        return known;
    }

    private boolean isRecent(Heard last) {
        return ticker.nanos() - last.nanos() < SILENT_NANOS;
    }

    private @Nullable Card card(String node) {
        Heard last = heard.get(node);
        return last == null ? null : last.card();
    }

    /** How many entries that some node knows to be committed this one has not applied. */
    long lag() {
        Card mine = own.get();
        return Math.max(0, committed(mine) - mine.appliedIndex());
    }

    private long committed(Card mine) {
        long committed = mine.commitIndex();
        for (Heard each : heard.values()) {
            committed = Math.max(committed, each.card().commitIndex());
        }
        return committed;
    }

    /** True if a node, or this one, has answered lately and its connection is whole: that of a process that has died is not. */
    boolean isReachable(String node) {
        Heard last = heard.get(node);
        return node.equals(transport.identity().node())
                || (last != null && isRecent(last) && transport.trouble(node).isEmpty());
    }

    /** True if another node does not answer any more, or its connection is broken. Of one that was not heard yet nothing is known. */
    boolean isGone(String node) {
        Heard last = heard.get(node);
        return !node.equals(transport.identity().node())
                && ((last != null && !isRecent(last))
                        || !transport.trouble(node).isEmpty());
    }

    /**
     * All nodes: the members, and those that may become one.
     *
     * @param leader who leads, as this node knows for certain
     * @param removed says of a node whether it was removed
     */
    List<ClusterView.MemberView> view(RaftConfiguration members, @Nullable String leader, Predicate<String> removed) {
        String self = transport.identity().node();
        Map<String, String> ids = new TreeMap<>();
        members.learners().forEach(member -> ids.put(Messages.node(member), member));
        members.voters().forEach(member -> ids.put(Messages.node(member), member));
        Set<String> names = new TreeSet<>(ids.keySet());
        names.add(self);
        peers.stream()
                .filter(name -> !names.contains(name) && !removed.test(name))
                .forEach(names::add);
        Card mine = own.get();
        long committed = committed(mine);
        List<ClusterView.MemberView> views = new ArrayList<>();
        for (String name : names) {
            Card card = name.equals(self) ? mine : card(name);
            String id = card != null && card.member().equals(ids.get(name)) ? card.member() : "";
            views.add(view(
                    name,
                    card,
                    members.voters().contains(id),
                    members.learners().contains(id),
                    name.equals(leader),
                    committed));
        }
        return views;
    }

    private ClusterView.MemberView view(
            String name, @Nullable Card card, boolean voter, boolean learner, boolean leads, long committed) {
        boolean reachable = isReachable(name);
        String trouble = reachable ? "" : transport.trouble(name);
        if (card == null) {
            return new ClusterView.MemberView(name, null, false, false, false, "unknown", 0, 0, committed, trouble);
        }
        return new ClusterView.MemberView(
                name,
                card.http().isEmpty() ? null : card.http(),
                voter,
                learner,
                reachable,
                role(card.role(), leads).name().toLowerCase(Locale.ROOT),
                card.commitIndex(),
                card.appliedIndex(),
                Math.max(0, committed - card.appliedIndex()),
                reachable ? card.activity() : trouble);
    }

    /** What a node said half a second ago that it is may be over: another one leads, or it does since. */
    private static ReplicaNode.Role role(ReplicaNode.Role said, boolean leads) {
        return leads ? ReplicaNode.Role.LEADER : said == ReplicaNode.Role.LEADER ? ReplicaNode.Role.FOLLOWER : said;
    }
}
