package dev.varve.replication;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.PeerId;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Changes of the group's members and of its leader, all of which only the leader can make. Thread-safe. */
public final class GroupChanges {

    private final NodeImpl node;

    GroupChanges(NodeImpl node) {
        this.node = node;
    }

    /**
     * Takes a new member into the group, or lets one vote that does not. One that is to vote is brought up to date first. Another one of the same node that the
     * group has already is replaced by it.
     *
     * @param votes false for a learner: it gets all that is committed, and counts in no majority
     * @param begun run when it is being brought up to date. It should have something logged: JRaft looks whether a member has caught up
     *     whenever that has taken something, and may miss the moment at which one that lacks nothing says so
     * @param callback told null when that is done, or why it is not
     */
    public void admit(String memberId, boolean votes, Runnable begun, Consumer<@Nullable StoreException> callback) {
        PeerId joining = ReplicaNode.peer(memberId);
        Configuration now = present();
        if (now == null) {
            callback.accept(notLeading());
        } else if (votes && now.getLearners().contains(joining)) {
            // JRaft takes what it gets from a learner for a learner's until the connection is made anew, and ends the
            // connection of one that
            // begins to vote. So it is a stranger in between, which has all data.
            change(without(now, joining.getIp()), trouble -> {
                if (trouble == null) {
                    admit(memberId, true, begun, callback);
                } else {
                    callback.accept(trouble);
                }
            });
        } else {
            Configuration wanted = without(now, joining.getIp());
            var _ = votes ? wanted.addPeer(joining) : wanted.addLearner(joining);
            change(wanted, callback);
            begun.run();
        }
    }

    /**
     * Takes a member out of the group. A leader that takes out itself leads until that is committed, and then has another one stand for
     * election.
     *
     * @param name of the node
     * @param callback told null when that is done, or why it is not
     */
    public void dismiss(String name, Consumer<@Nullable StoreException> callback) {
        Configuration now = present();
        if (now == null) {
            callback.accept(notLeading());
        } else {
            change(without(now, name), callback);
        }
    }

    private void change(Configuration wanted, Consumer<@Nullable StoreException> callback) {
        if (wanted.isEmpty()) {
            callback.accept(new StoreException(
                    Kind.INVALID_ARGUMENT, "the last member of a cluster that votes cannot be removed"));
            return;
        }
        node.changePeers(wanted, status -> callback.accept(failure(status)));
    }

    private static StoreException notLeading() {
        return new StoreException(Kind.NO_LEADER, "this node does not lead; nothing was changed");
    }

    /** How JRaft says that a change was not made, or null. One whose leader stepped down may have been made by its successor. */
    static @Nullable StoreException failure(Status status) {
        if (status.isOk()) {
            return null;
        }
        String words = "JRaft says: " + status.getErrorMsg();
        return switch (status.getRaftError()) {
            case EPERM, ESHUTDOWN, ENODESHUTDOWN ->
                new StoreException(Kind.OUTCOME_UNKNOWN, "the leader changed while the members were: " + words);
            case EBUSY ->
                new StoreException(
                        Kind.OVERLOADED, "the members are being changed already; nothing was changed: " + words);
            default -> new StoreException(Kind.NO_LEADER, "nothing was changed: " + words);
        };
    }

    /** The present members; null if this node does not lead. */
    private @Nullable Configuration present() {
        try {
            return new Configuration(node.listPeers(), node.listLearners());
        } catch (IllegalStateException e) {
            return null; // Only a leader is asked by JRaft.
        }
    }

    private static Configuration without(Configuration members, String name) {
        Configuration others = new Configuration();
        members.getPeers().stream().filter(each -> !each.getIp().equals(name)).forEach(others::addPeer);
        members.getLearners().stream()
                .filter(each -> !each.getIp().equals(name))
                .forEach(others::addLearner);
        return others;
    }

    /**
     * Hands leadership over: to the member that has most of the log, or to a certain one. Returns before that has happened; if the other
     * does not take it within an election timeout, this node goes on.
     *
     * @param name of the other node, or null
     * @return why it cannot be, or null
     */
    public @Nullable StoreException transfer(@Nullable String name) {
        Configuration now = present();
        if (now == null) {
            return notLeading();
        }
        List<PeerId> members = now.listPeers();
        PeerId to = members.stream()
                .filter(member -> member.getIp().equals(name))
                .findFirst()
                .orElse(PeerId.ANY_PEER);
        if (name != null && to.equals(PeerId.ANY_PEER)) {
            return new StoreException(Kind.INVALID_ARGUMENT, "'" + name + "' is no member that votes");
        }
        Status status = node.transferLeadershipTo(to);
        return failure(status);
    }
}
