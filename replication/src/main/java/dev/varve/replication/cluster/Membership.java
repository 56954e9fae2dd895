package dev.varve.replication.cluster;

import dev.varve.replication.ReplicaNode;
import dev.varve.replication.transport.CallCallback;
import dev.varve.replication.transport.CallHandler;
import dev.varve.replication.transport.RaftTransport;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes of the members and of the leader, asked for on any node: made here if this node leads, else in one hop on the one that does.
 * Thread-safe.
 */
final class Membership {

    private static final Logger logger = LoggerFactory.getLogger(Membership.class);

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    /** Between one attempt to hand leadership over while members are being changed and the next. */
    private static final int PAUSE_MILLIS = 100;

    private final ReplicaNode replica;
    private final RaftTransport transport;
    private final Joining joining;
    private final MemberRegister register;

    Membership(ReplicaNode replica, RaftTransport transport, Joining joining, MemberRegister register) {
        this.replica = replica;
        this.transport = transport;
        this.joining = joining;
        this.register = register;
        transport.handle(Messages.CHANGE, this::asked);
    }

    /** Makes a change; see {@link ServedStore#change}. Leadership is handed over when no other change is being made. */
    void change(
            MemberChange change,
            @Nullable String node,
            long timeoutMillis,
            Consumer<@Nullable StoreException> callback) {
        attempt(change, node, timeoutMillis, failure -> {
            if (change == MemberChange.TRANSFER
                    && failure != null
                    && failure.kind() == Kind.OVERLOADED
                    && timeoutMillis > PAUSE_MILLIS) {
                transport.schedule(() -> change(change, node, timeoutMillis - PAUSE_MILLIS, callback), PAUSE_MILLIS);
            } else {
                callback.accept(failure);
            }
        });
    }

    private void attempt(
            MemberChange change,
            @Nullable String node,
            long timeoutMillis,
            Consumer<@Nullable StoreException> callback) {
        String leader = replica.leader();
        if (leader == null) {
            callback.accept(new StoreException(Kind.NO_LEADER, "no leader is known; nothing was changed"));
        } else if (leader.equals(transport.identity().node())) {
            changeHere(change, node, callback);
        } else {
            byte[] body = new BodyWriter(64)
                    .u8(change.number())
                    .text(node == null ? "" : node)
                    .bytes();
            transport.call(leader, Messages.CHANGE, body, Math.max(1, timeoutMillis), new Answered(callback));
        }
    }

    /** What the leader says. */
    private record Answered(Consumer<@Nullable StoreException> callback) implements CallCallback {

        @Override
        public void answered(byte[] body) {
            try {
                callback.accept(
                        CommandCodec.decodeAnswer(body) instanceof CommandCodec.Answer.Failed failed
                                ? failed.failure()
                                : null);
            } catch (IllegalArgumentException e) {
                failed(false, String.valueOf(e.getMessage()));
            }
        }

        @Override
        public void failed(boolean unsent, String why) {
            callback.accept(new StoreException(
                    unsent ? Kind.NO_LEADER : Kind.OUTCOME_UNKNOWN, "the leader did not answer: " + why));
        }
    }

    private void asked(String from, byte[] body, CallHandler.Reply reply) {
        BodyReader in = new BodyReader(body);
        MemberChange change = MemberChange.of(in.u8());
        String node = in.text();
        if (change == null) {
            throw new IllegalArgumentException("there is no such change of the members");
        }
        changeHere(
                change,
                node.isEmpty() ? null : node,
                failure -> reply.answer(CommandCodec.encode(
                        failure == null
                                ? new CommandCodec.Answer.Committed(0)
                                : new CommandCodec.Answer.Failed(failure))));
    }

    private void changeHere(MemberChange change, @Nullable String node, Consumer<@Nullable StoreException> callback) {
        logger.info("{} {}", change, node == null ? "any node" : node);
        Consumer<@Nullable StoreException> done = failure -> {
            if (failure != null) {
                logger.info("{} {} was not done: {}", change, node, failure.getMessage());
            }
            callback.accept(failure);
        };
        if (replica.leadingTerm() == 0) {
            callback.accept(
                    new StoreException(Kind.NO_LEADER, "the node does not lead its cluster yet; nothing was changed"));
        } else if (change == MemberChange.TRANSFER) {
            done.accept(replica.changes().transfer(node));
        } else if (node == null || !NAME.matcher(node).matches()) {
            done.accept(new StoreException(
                    Kind.INVALID_ARGUMENT,
                    "the name of a node is 1 to 64 letters, digits, '-', '_' or '.', not '" + node + "'"));
        } else {
            String trouble = trouble(change, node);
            if (trouble != null) {
                done.accept(new StoreException(Kind.INVALID_ARGUMENT, trouble));
                return;
            }
            // The cluster remembers it first: whoever leads when the change is interrupted can go on.
            register.set(node, standing(change), failure -> {
                if (failure != null) {
                    callback.accept(failure);
                } else {
                    changeMembers(change, node, done);
                }
            });
        }
    }

    /** Why a change makes no sense, or null. */
    private @Nullable String trouble(MemberChange change, String node) {
        boolean votes = Joining.member(joining.members().voters(), node) != null;
        boolean learns = Joining.member(joining.members().learners(), node) != null;
        return switch (change) {
            case ADD ->
                learns ? "'" + node + "' is a learner; 'varve cluster promote " + node + "' lets it vote" : null;
            case ADD_LEARNER -> votes ? "'" + node + "' is a member that votes; remove it first" : null;
            case PROMOTE -> learns ? null : "'" + node + "' is no learner of the cluster";
            case REMOVE -> votes || learns || isInvited(node) ? null : "'" + node + "' is no member of the cluster";
            case TRANSFER -> null;
        };
    }

    private boolean isInvited(String node) {
        MemberRegister.Standing standing = register.standingNow(node);
        return standing != null && standing != MemberRegister.Standing.REMOVED;
    }

    private static MemberRegister.Standing standing(MemberChange change) {
        return switch (change) {
            case ADD, PROMOTE, TRANSFER -> MemberRegister.Standing.VOTER;
            case ADD_LEARNER -> MemberRegister.Standing.LEARNER;
            case REMOVE -> MemberRegister.Standing.REMOVED;
        };
    }

    private void changeMembers(MemberChange change, String node, Consumer<@Nullable StoreException> done) {
        String learner = Joining.member(joining.members().learners(), node);
        if (change == MemberChange.PROMOTE && learner != null) {
            replica.changes()
                    .admit(
                            learner,
                            true,
                            () -> register.set(node, MemberRegister.Standing.VOTER, failure -> {}),
                            failure -> done.accept(
                                    failure == null
                                            ? null
                                            : new StoreException(
                                                    failure.kind(),
                                                    failure.getMessage()
                                                            + "; it asks by itself, and votes as soon as that is done: see"
                                                            + " 'varve cluster status'")));
        } else if (change == MemberChange.REMOVE && joining.hasMember(node)) {
            replica.changes().dismiss(node, done);
        } else {
            done.accept(null); // It becomes a member when it asks.
        }
    }
}
