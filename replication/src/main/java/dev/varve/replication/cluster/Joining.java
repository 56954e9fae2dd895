package dev.varve.replication.cluster;

import dev.varve.replication.ReplicaNode;
import dev.varve.replication.transport.CallCallback;
import dev.varve.replication.transport.CallHandler;
import dev.varve.replication.transport.RaftTransport;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How nodes become members. One that is not asks all others until it sees itself among the members; the leader takes in one at a time:
 * it brings it up to date first, and lets it vote then. A node that comes back with an empty directory is another member than
 * before, and takes the place of that one.
 *
 * <p>Thread-safe.
 */
final class Joining {

    private static final Logger logger = LoggerFactory.getLogger(Joining.class);
    private static final long ASK_MILLIS = 200;
    private static final long ANSWER_MILLIS = 2000;

    private final ReplicaNode replica;
    private final RaftTransport transport;
    private final String member;
    private final Set<String> peers;

    /** Nodes that the leader takes in although they are not among its peers. */
    private final Set<String> invited = ConcurrentHashMap.newKeySet();

    /** Nodes that the leader has removed, and so does not take in although they are among its peers. */
    private final Set<String> dismissed = ConcurrentHashMap.newKeySet();

    private final AtomicBoolean admitting = new AtomicBoolean();
    private volatile List<String> voters = List.of();
    private volatile @Nullable String refusal;
    private volatile boolean closed;

    /** @param member the id of this node as a member */
    Joining(ReplicaNode replica, RaftTransport transport, String member, Set<String> peers) {
        this.replica = replica;
        this.transport = transport;
        this.member = member;
        this.peers = Set.copyOf(peers);
        transport.handle(Messages.JOIN, this::asked);
    }

    /** Begins to ask, whenever need be: a node that takes itself for a member and hears of no leader may have been removed meanwhile. */
    void start() {
        if (closed) {
            return;
        }
        if (!isMember() || replica.leader() == null) {
            for (String peer : peers) {
                if (!peer.equals(Messages.node(member))) {
                    ask(peer);
                }
            }
        }
        transport.schedule(this::start, ASK_MILLIS);
    }

    void close() {
        closed = true;
    }

    /** The members have changed. */
    void members(List<String> now) {
        voters = List.copyOf(now);
    }

    List<String> voters() {
        return voters;
    }

    boolean isMember() {
        return voters.contains(member);
    }

    /** True if a node has a member. */
    boolean hasMember(String node) {
        return voters.stream().anyMatch(each -> Messages.node(each).equals(node));
    }

    /** Takes a node in when it asks, if this one leads then. */
    void invite(String node) {
        dismissed.remove(node);
        invited.add(node);
    }

    /** Does not take a node in any more when it asks. */
    void dismiss(String node) {
        invited.remove(node);
        dismissed.add(node);
    }

    /** Another node, or this one, leads: what was said before by others counts no longer. */
    void led() {
        refusal = null;
    }

    /** Why the leader does not take this node in, or null. */
    @Nullable
    String refusal() {
        return refusal;
    }

    private void ask(String peer) {
        byte[] body = new BodyWriter(64).text(member).u8(isMember() ? 1 : 0).bytes();
        transport.call(peer, Messages.JOIN, body, ANSWER_MILLIS, new CallCallback() {
            @Override
            public void answered(byte[] answer) {
                String words = new String(answer, StandardCharsets.UTF_8);
                if (!words.isEmpty() && !words.equals(refusal)) {
                    logger.warn("node '{}' does not take this node in: {}", peer, words);
                }
                if (!words.isEmpty()) {
                    refusal = words;
                }
            }

            @Override
            public void failed(boolean unsent, String why) {
                // It is asked again soon.
            }
        });
    }

    /** Answers with why it is refused; with nothing if it is not, or somebody else decides that. */
    private void asked(String from, byte[] body, CallHandler.Reply reply) {
        BodyReader in = new BodyReader(body);
        String joining = in.text();
        boolean wasMember = in.u8() != 0;
        String words = "";
        if (!Messages.node(joining).equals(from)) {
            words = "a node may only ask for itself";
        } else if (replica.leadingTerm() != 0 && !voters.contains(joining)) {
            words = wasMember || dismissed.contains(from) ? removed(from) : decide(from, joining);
        }
        reply.answer(words.getBytes(StandardCharsets.UTF_8));
    }

    private static String removed(String node) {
        return "node '" + node + "' was removed from the cluster; to take it in again, add it by 'varve cluster add "
                + node + "' and start it with an empty data directory";
    }

    private String decide(String node, String joining) {
        if (!peers.contains(node) && !invited.contains(node)) {
            return "node '" + node + "' is not among the peers of the leader '" + Messages.node(member) + "': " + peers
                    + "; add it by 'varve cluster add " + node + "'";
        }
        if (admitting.compareAndSet(false, true)) {
            logger.info("taking in {}", joining);
            replica.changes().admit(joining, trouble -> {
                admitting.set(false);
                if (trouble != null) {
                    logger.info("{} was not taken in, and may ask again: {}", joining, trouble);
                }
            });
        }
        return "";
    }
}
