package dev.varve.replication.raft;

import com.alipay.sofa.jraft.JRaftServiceFactory;
import com.alipay.sofa.jraft.entity.codec.LogEntryCodecFactory;
import com.alipay.sofa.jraft.entity.codec.v2.LogEntryV2CodecFactory;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.LogStorage;
import com.alipay.sofa.jraft.storage.RaftMetaStorage;
import com.alipay.sofa.jraft.storage.SnapshotStorage;
import dev.varve.replication.transport.RaftTransport;
import dev.varve.replication.transport.TransportSource;
import dev.varve.storage.log.VoteFile;
import dev.varve.storage.state.StateMachine;

/**
 * What one Raft node is made of. The URIs that JRaft passes mean nothing here: the parts are those of this node's store.
 *
 * @param transport how it calls other nodes
 * @param log its log
 * @param vote its term and vote
 * @param state what it applies to
 * @param onBehind told when the leader no longer has the entries that this node needs
 */
public record RaftParts(
        RaftTransport transport, VarveLogStorage log, VoteFile vote, StateMachine state, Runnable onBehind)
        implements JRaftServiceFactory, TransportSource {

    @Override
    public LogStorage createLogStorage(String uri, RaftOptions options) {
        return log;
    }

    @Override
    public SnapshotStorage createSnapshotStorage(NodeOptions options) {
        return new CheckpointSnapshots(state, onBehind);
    }

    @Override
    public RaftMetaStorage createRaftMetaStorage(String uri, RaftOptions options) {
        return new VoteMetaStorage(vote);
    }

    /** JRaft's own; our log does not use it. */
    @Override
    public LogEntryCodecFactory createLogEntryCodecFactory() {
        return LogEntryV2CodecFactory.getInstance();
    }
}
