package dev.varve.server.metrics;

import dev.varve.replication.cluster.ClusterView;
import dev.varve.replication.cluster.ClusterView.MemberView;
import dev.varve.replication.cluster.ReplicaDigests;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Where the nodes of a cluster stand, as this one sees it. A store that is served alone says nothing. */
final class ClusterMetrics {

    private ClusterMetrics() {}

    static List<MetricSnapshot> collect(ClusterView view, @Nullable ReplicaDigests compared) {
        if (view.cluster() == null) {
            return List.of();
        }
        boolean leads = view.node().equals(view.leader());
        MemberView self = view.members().stream()
                .filter(member -> member.name().equals(view.node()))
                .findFirst()
                .orElseThrow();
        return List.of(
                Snapshots.gauge("varve_raft_term", "The newest term that this node knows.", view.term()),
                Snapshots.gauge("varve_raft_leader", "1 if this node leads, else 0.", leads ? 1L : 0L),
                Snapshots.gauge(
                        "varve_raft_leader_known",
                        "1 if this node knows who leads, else 0.",
                        view.leader() == null ? 0L : 1L),
                Snapshots.gauge(
                        "varve_raft_commit_index",
                        "The last entry of the log that this node knows to be committed.",
                        self.commitIndex()),
                Snapshots.gauge(
                        "varve_raft_applied_index", "The last entry that this node has applied.", self.appliedIndex()),
                Snapshots.gauge(
                        "varve_catch_up_running",
                        "1 while this node fetches a checkpoint of another one, else 0.",
                        view.catchUp().running() ? 1L : 0L),
                Snapshots.counter(
                        "varve_catch_up_fetched_bytes",
                        "Bytes of checkpoints that this node has fetched from others.",
                        view.catchUp().fetchedBytes()),
                Snapshots.counter(
                        "varve_catch_up_sent_bytes",
                        "Bytes of checkpoints that this node has sent to others.",
                        view.catchUp().sentBytes()),
                Snapshots.gauge(
                        "varve_replicas_differ",
                        "1 if the last comparison that this node made has found a difference, else 0.",
                        compared == null || compared.differences().isEmpty() ? 0L : 1L),
                ofPeers(
                        "varve_peer_reachable",
                        "1 if the node has answered lately, else 0.",
                        view,
                        member -> member.reachable() ? 1 : 0),
                ofPeers(
                        "varve_peer_lag_entries",
                        "Committed entries that the node has not applied, as far as this one knows.",
                        view,
                        MemberView::lag));
    }

    private static MetricSnapshot ofPeers(
            String name, String help, ClusterView view, ToDoubleFunction<MemberView> value) {
        GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
        for (MemberView member : view.members()) {
            gauge.dataPoint(
                    new GaugeDataPointSnapshot(value.applyAsDouble(member), Labels.of("peer", member.name()), null));
        }
        return gauge.build();
    }
}
