package dev.varve.replication.cluster;

import dev.varve.replication.ReplicaNode;
import dev.varve.replication.transport.CallCallback;
import dev.varve.replication.transport.CallHandler;
import dev.varve.replication.transport.RaftTransport;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes of the members and of the leader, asked for on any node: made here if this node leads, else in one hop on the one that does.
 * Thread-safe.
 */
final class Membership {

    private static final Logger logger = LoggerFactory.getLogger(Membership.class);

    private final ReplicaNode replica;
    private final RaftTransport transport;
    private final Joining joining;

    Membership(ReplicaNode replica, RaftTransport transport, Joining joining) {
        this.replica = replica;
        this.transport = transport;
        this.joining = joining;
        transport.handle(Messages.CHANGE, this::asked);
    }

    /** Makes a change; see {@link ServedStore#change}. */
    void change(
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
        logger.info("{} {}", change, node == null ? "to any node" : node);
        Consumer<@Nullable String> done = trouble -> {
            if (trouble != null) {
                logger.info("{} {} was not done: {}", change, node, trouble);
            }
            callback.accept(trouble == null ? null : new StoreException(Kind.INVALID_ARGUMENT, trouble));
        };
        if (replica.leadingTerm() == 0) {
            callback.accept(
                    new StoreException(Kind.NO_LEADER, "the node does not lead its cluster yet; nothing was changed"));
        } else if (change == MemberChange.TRANSFER) {
            done.accept(replica.changes().transfer(node));
        } else if (node == null) {
            done.accept("the node is not named");
        } else if (change == MemberChange.ADD) {
            joining.invite(node);
            done.accept(null);
        } else if (!joining.hasMember(node)) {
            done.accept("'" + node + "' is no member of the cluster");
        } else {
            joining.dismiss(node);
            replica.changes().dismiss(node, done);
        }
    }
}
