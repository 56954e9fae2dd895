package dev.varve.replication;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.PeerId;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Changes of the group's members and of its leader, all of which only the leader can make. Thread-safe. */
public final class GroupChanges {

    private static final String NOT_LEADING = "this node does not lead";

    private final NodeImpl node;

    GroupChanges(NodeImpl node) {
        this.node = node;
    }

    /**
     * Takes a new member into the group: it is brought up to date first, and votes then. One of the same node that the group has already
     * is replaced by it.
     *
     * @param callback told null when that is done, or why it is not
     */
    public void admit(String memberId, Consumer<@Nullable String> callback) {
        PeerId joining = ReplicaNode.peer(memberId);
        Configuration wanted = new Configuration(List.of(joining));
        if (addAllBut(joining.getIp(), wanted)) {
            node.changePeers(wanted, told(callback));
        } else {
            callback.accept(NOT_LEADING);
        }
    }

    /**
     * Takes a member out of the group. A leader that takes out itself leads until that is committed, and then has another one stand for
     * election.
     *
     * @param name of the node
     * @param callback told null when that is done, or why it is not
     */
    public void dismiss(String name, Consumer<@Nullable String> callback) {
        Configuration wanted = new Configuration();
        if (!addAllBut(name, wanted)) {
            callback.accept(NOT_LEADING);
        } else if (wanted.isEmpty()) {
            callback.accept("the last member of a cluster cannot be removed");
        } else {
            node.changePeers(wanted, told(callback));
        }
    }

    private static Closure told(Consumer<@Nullable String> callback) {
        return status -> callback.accept(status.isOk() ? null : String.valueOf(status.getErrorMsg()));
    }

    /** Adds the present members, but for those of one node; false if this node does not lead. */
    private boolean addAllBut(String name, Configuration wanted) {
        List<PeerId> members = members();
        if (members == null) {
            return false;
        }
        for (PeerId member : members) {
            if (!member.getIp().equals(name)) {
                wanted.addPeer(member);
            }
        }
        return true;
    }

    private @Nullable List<PeerId> members() {
        try {
            return node.listPeers();
        } catch (IllegalStateException e) {
            return null; // Only a leader is asked by JRaft.
        }
    }

    /**
     * Hands leadership over: to the member that has most of the log, or to a certain one. Returns before that has happened; if the other
     * does not take it within an election timeout, this node goes on.
     *
     * @param name of the other node, or null
     * @return why it cannot be, or null
     */
    public @Nullable String transfer(@Nullable String name) {
        List<PeerId> members = members();
        if (members == null) {
            return NOT_LEADING;
        }
        PeerId to = members.stream()
                .filter(member -> member.getIp().equals(name))
                .findFirst()
                .orElse(PeerId.ANY_PEER);
        if (name != null && to.equals(PeerId.ANY_PEER)) {
            return "'" + name + "' is no member that votes";
        }
        Status status = node.transferLeadershipTo(to);
        return status.isOk() ? null : String.valueOf(status.getErrorMsg());
    }
}
