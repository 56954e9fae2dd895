package dev.varve.replication.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.CommandCallback;
import dev.varve.replication.sequencer.Condition;
import dev.varve.storage.Durability;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who belongs to a cluster, and as what. */
class MembersTest {

    private static long soon() {
        return System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    }

    /** Puts a key and gives the revision. */
    private static long put(ServedStore node, String key, String value) throws Exception {
        CompletableFuture<Long> ended = new CompletableFuture<>();
        Command command = Command.put(key.getBytes(UTF_8), value.getBytes(UTF_8));
        node.submit(command, Durability.MAJORITY, soon(), new CommandCallback() {
            @Override
            public void committed(long revision) {
                ended.complete(revision);
            }

            @Override
            public void conditionFailed(Condition failed, long currentRevision) {
                ended.completeExceptionally(new AssertionError(failed));
            }

            @Override
            public void failed(StoreException failure) {
                ended.completeExceptionally(failure);
            }
        });
        return ended.get(90, TimeUnit.SECONDS);
    }

    /** Asks for a change, again if the leader has changed meanwhile, and gives why it is refused, or nothing. */
    private static String change(ServedStore through, MemberChange change, String node) throws Exception {
        long end = soon();
        while (true) {
            CompletableFuture<StoreException> ended = new CompletableFuture<>();
            through.change(change, node, soon(), ended::complete);
            StoreException trouble = ended.get(90, TimeUnit.SECONDS);
            if (trouble == null) {
                return "";
            }
            boolean refused = trouble.kind() == StoreException.Kind.INVALID_ARGUMENT
                    && !String.valueOf(trouble.getMessage()).contains("stepped down");
            if (refused || System.nanoTime() - end > 0) {
                return String.valueOf(trouble.getMessage());
            }
        }
    }

    private static ClusterView.@Nullable MemberView seen(ServedStore by, String name) {
        return by.view().members().stream()
                .filter(member -> member.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    private static String unready(InProcessCluster cluster, String node) {
        return String.valueOf(cluster.node(node).unready());
    }

    @Test
    void aSingleNodeWithDataGrowsIntoAClusterInPlace() throws Exception {
        int keys = 300;
        try (InProcessCluster cluster = new InProcessCluster(environment -> {
            try (Store alone = Store.open(InProcessCluster.DATA, InProcessCluster.SIZES, environment)) {
                for (int i = 0; i < keys; i++) {
                    assertThat(alone.put(("old " + i).getBytes(UTF_8), ("value " + i).getBytes(UTF_8)))
                            .isEqualTo(i + 1);
                }
            }
        })) {
            cluster.awaitLeader(null);
            long revision = put(cluster.node("n3"), "new", "value");
            assertThat(revision).isEqualTo(keys + 1);
            for (String name : InProcessCluster.NAMES) {
                Store store = cluster.node(name).store();
                InProcessCluster.until(name + " has everything", () -> store.revision() >= revision);
                for (int i = 0; i < keys; i++) {
                    assertThat(store.get(("old " + i).getBytes(UTF_8)))
                            .as("%s at %s", i, name)
                            .isEqualTo(("value " + i).getBytes(UTF_8));
                }
            }
            cluster.stopAll();
            cluster.startAll();
            cluster.stop("n1");
            String leader = cluster.awaitLeader("n1");
            assertThat(put(cluster.node(leader), "newer", "value")).isEqualTo(keys + 2);
        }
    }

    @Test
    void aLearnerHasTheDataAndVotesWhenItIsPromoted() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            ServedStore leader = cluster.node(cluster.awaitLeader(null));
            cluster.startStranger("n4");
            assertThat(change(leader, MemberChange.ADD_LEARNER, "n4")).isEmpty();
            InProcessCluster.until("it is a learner", () -> {
                ClusterView.MemberView view = seen(leader, "n4");
                return cluster.node("n4").unready() == null && view != null && view.learner();
            });
            assertThat(seen(cluster.node("n4"), "n4")).matches(view -> view.learner() && !view.voter());
            long revision = put(cluster.node("n4"), "k", "through the learner");
            InProcessCluster.until(
                    "it has everything", () -> cluster.node("n4").store().revision() >= revision);
            assertThat(change(leader, MemberChange.TRANSFER, "n4")).contains("'n4' is no member that votes");
            assertThat(change(leader, MemberChange.ADD, "n4")).contains("is a learner");
            assertThat(change(leader, MemberChange.ADD_LEARNER, "n2")).contains("is a member that votes");
            assertThat(change(leader, MemberChange.PROMOTE, "n2")).contains("'n2' is no learner");

            // A change of voters does not forget the learner.
            String other = cluster.other(cluster.awaitLeader(null));
            assertThat(change(leader, MemberChange.REMOVE, other)).isEmpty();
            assertThat(seen(leader, "n4")).matches(view -> view.learner());

            assertThat(change(leader, MemberChange.PROMOTE, "n4")).isEmpty();

            InProcessCluster.until("it votes, and says so", () -> {
                ClusterView.MemberView view = seen(cluster.node("n4"), "n4");
                return cluster.node("n4").unready() == null && view != null && view.voter() && !view.learner();
            });
            // What it acknowledges counts: without it two of three are no majority.
            cluster.stop(other);
            String silent = InProcessCluster.NAMES.stream()
                    .filter(name -> !name.equals(other)
                            && !name.equals(cluster.node("n4").view().leader()))
                    .findFirst()
                    .orElseThrow();
            cluster.stop(silent);
            assertThat(put(cluster.node("n4"), "k", "through the voter")).isGreaterThan(revision);
        }
    }

    @Test
    void aRemovedNodeStaysOutWhoeverLeadsUntilItIsAdded() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            String first = cluster.awaitLeader(null);
            String removed = cluster.other(first);
            String next = cluster.other(first, removed);
            assertThat(change(cluster.node(first), MemberChange.REMOVE, removed))
                    .isEmpty();
            cluster.stop(removed);
            assertThat(change(cluster.node(first), MemberChange.TRANSFER, next)).isEmpty();
            cluster.awaitLeader(first);
            // It comes back as a stranger, which is among the peers of the new leader.
            cluster.wipe(removed);
            cluster.startUnready(removed);
            InProcessCluster.until(
                    "it says that it was removed",
                    () -> unready(cluster, removed).contains("was removed"));
            assertThat(seen(cluster.node(first), removed))
                    .as("a node that was removed")
                    .isNull();
            assertThat(seen(cluster.node(next), removed))
                    .as("a node that was removed")
                    .isNull();

            assertThat(change(cluster.node(first), MemberChange.ADD, removed)).isEmpty();

            InProcessCluster.until("it is a member, and others see it", () -> {
                ClusterView.MemberView view = seen(cluster.node(first), removed);
                return cluster.node(removed).unready() == null && view != null && view.voter();
            });
        }
    }
}
