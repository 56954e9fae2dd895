package dev.varve.replication.raft;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.conf.ConfigurationEntry;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import dev.varve.storage.format.RaftConfiguration;
import dev.varve.storage.state.Founding;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Translates the members of a group between JRaft and our log. JRaft says "none" with null, we with an empty list. */
final class Configurations {

    private Configurations() {}

    /** What a configuration entry of JRaft says. */
    static RaftConfiguration of(LogEntry entry) {
        return new RaftConfiguration(
                names(entry.getPeers()),
                names(entry.getOldPeers()),
                names(entry.getLearners()),
                names(entry.getOldLearners()));
    }

    /** What the meta of a snapshot says. */
    static RaftConfiguration of(SnapshotMeta meta) {
        return new RaftConfiguration(
                meta.getPeersList(), meta.getOldPeersList(), meta.getLearnersList(), meta.getOldLearnersList());
    }

    private static List<String> names(@Nullable List<PeerId> peers) {
        return peers == null ? List.of() : peers.stream().map(PeerId::toString).toList();
    }

    /** Makes an entry of JRaft say it. */
    static void set(LogEntry entry, RaftConfiguration configuration) {
        entry.setPeers(peers(configuration.voters()));
        entry.setLearners(peers(configuration.learners()));
        if (!configuration.oldVoters().isEmpty()) {
            entry.setOldPeers(peers(configuration.oldVoters()));
            entry.setOldLearners(peers(configuration.oldLearners()));
        }
    }

    private static List<PeerId> peers(List<String> names) {
        return names.stream().map(Configurations::peer).toList();
    }

    /** A single node that has grown into a cluster had a name without a number, which stands in its log for ever. */
    private static PeerId peer(String name) {
        PeerId peer = name.indexOf(Founding.SEPARATOR) < 0 ? new PeerId(name, 0) : PeerId.parsePeer(name);
        if (peer == null) {
            throw new IllegalArgumentException("a configuration names a member that is no peer: " + name);
        }
        return peer;
    }

    /** What JRaft remembers of a configuration entry. */
    static ConfigurationEntry entry(LogEntry entry) {
        List<PeerId> old = entry.getOldPeers();
        return new ConfigurationEntry(
                entry.getId(),
                new Configuration(entry.getPeers(), orEmpty(entry.getLearners())),
                old == null ? new Configuration() : new Configuration(old, orEmpty(entry.getOldLearners())));
    }

    private static List<PeerId> orEmpty(@Nullable List<PeerId> peers) {
        return peers == null ? List.of() : peers;
    }

    private static List<String> normal(List<String> names) {
        return names.stream().map(name -> peer(name).toString()).toList();
    }

    /** The meta of a snapshot taken behind the entry with this index and term. */
    static SnapshotMeta snapshotMeta(RaftConfiguration configuration, long index, long term) {
        return SnapshotMeta.newBuilder()
                .setLastIncludedIndex(index)
                .setLastIncludedTerm(term)
                .addAllPeers(normal(configuration.voters()))
                .addAllOldPeers(normal(configuration.oldVoters()))
                .addAllLearners(normal(configuration.learners()))
                .addAllOldLearners(normal(configuration.oldLearners()))
                .build();
    }
}
