package dev.varve.replication.cluster;

import dev.varve.replication.ReplicaNode;
import dev.varve.replication.transport.CallCallback;
import dev.varve.replication.transport.CallHandler;
import dev.varve.replication.transport.RaftTransport;
import dev.varve.storage.format.RaftConfiguration;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How nodes become members. One that is not asks all others until it sees itself among the members; the leader takes in one at a time:
 * it brings it up to date first, and lets it vote then, unless it is to be a learner. A node that comes back with an empty directory is another member than
 * before, and takes the place of that one.
 *
 * <p>Thread-safe.
 */
final class Joining {

    private static final Logger logger = LoggerFactory.getLogger(Joining.class);
    private static final long ASK_MILLIS = 200;
    private static final long ANSWER_MILLIS = 2000;
    private static final RaftConfiguration NONE = new RaftConfiguration(List.of(), List.of(), List.of(), List.of());

    private final ReplicaNode replica;
    private final RaftTransport transport;
    private final String member;
    private final Set<String> peers;
    private final MemberRegister register;

    private final AtomicBoolean admitting = new AtomicBoolean();
    private volatile RaftConfiguration members = NONE;
    private volatile @Nullable String refusal;
    private volatile boolean closed;

    /**
     * @param member the id of this node as a member
     * @param register what the cluster was told of its nodes
     */
    Joining(ReplicaNode replica, RaftTransport transport, String member, Set<String> peers, MemberRegister register) {
        this.replica = replica;
        this.transport = transport;
        this.member = member;
        this.peers = Set.copyOf(peers);
        this.register = register;
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
    void members(RaftConfiguration now) {
        members = now;
        if (isMember()) {
            refusal = null;
        }
    }

    RaftConfiguration members() {
        return members;
    }

    boolean isMember() {
        return isMember(member);
    }

    /**
     * True if this node is a member whatever becomes of the change that is under way: one that is being taken in by it is not yet, since
     * the change may end with its leader.
     */
    boolean isSettled() {
        RaftConfiguration now = members;
        return isMember()
                && (now.oldVoters().isEmpty()
                        || now.oldVoters().contains(member)
                        || now.oldLearners().contains(member));
    }

    private boolean isMember(String id) {
        return members.voters().contains(id) || members.learners().contains(id);
    }

    /** True if a node has a member, which votes or not. */
    boolean hasMember(String node) {
        return member(members.voters(), node) != null || member(members.learners(), node) != null;
    }

    /** The member of a node that is among these, or null. */
    static @Nullable String member(List<String> ids, String node) {
        return ids.stream()
                .filter(each -> Messages.node(each).equals(node))
                .findFirst()
                .orElse(null);
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
        } else if (replica.leadingTerm() != 0 && !isMember(joining)) {
            words = decide(from, joining, wasMember);
        }
        reply.answer(words.getBytes(StandardCharsets.UTF_8));
    }

    private static String removed(String node) {
        return "node '" + node + "' was removed from the cluster; to take it in again, add it by 'varve cluster add "
                + node + "' and start it with an empty data directory";
    }

    private String decide(String node, String joining, boolean wasMember) {
        MemberRegister.Standing standing;
        try {
            standing = register.standing(node);
        } catch (IOException e) {
            return "the leader cannot read what the cluster was told of node '" + node + "': " + e.getMessage();
        }
        // One that takes itself for a member may have been taken out to be let vote, of which it has not heard; or it
        // is no member any more.
        boolean promoted = standing == MemberRegister.Standing.VOTER && !hasMember(node);
        if (standing == MemberRegister.Standing.REMOVED || (wasMember && !promoted)) {
            return removed(node);
        }
        if (standing == null && !peers.contains(node)) {
            return "node '" + node + "' is not among the peers of the leader '" + Messages.node(member) + "': " + peers
                    + "; add it by 'varve cluster add " + node + "'";
        }
        if (admitting.compareAndSet(false, true)) {
            logger.info("taking in {}", joining);
            replica.changes()
                    .admit(
                            joining,
                            standing != MemberRegister.Standing.LEARNER,
                            () -> repeat(node, standing),
                            trouble -> {
                                admitting.set(false);
                                if (trouble != null) {
                                    logger.info(
                                            "{} was not taken in, and may ask again: {}",
                                            joining,
                                            trouble.getMessage());
                                }
                            });
        }
        return "";
    }

    /** Says again what was said of a node, so that there is something to send to it. */
    private void repeat(String node, MemberRegister.@Nullable Standing standing) {
        if (standing != null) {
            register.set(node, standing, failure -> {});
        }
    }
}
