package dev.varve.replication.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.CommandCallback;
import dev.varve.replication.sequencer.Condition;
import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.testkit.SimulatedDisk;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Damage to the files of one node is repaired from the others by itself, and the replicas hold the same. */
class HealingTest {

    private static final int KEYS = 400;

    private static byte[] key(int i) {
        return ("key " + i).getBytes(UTF_8);
    }

    /** Values that stand in tables, and such that stand in the log. */
    private static byte[] value(int i, int round) {
        byte[] value = new byte[i % 3 == 0 ? 40 : 9_000];
        new Random(31L * i + round).nextBytes(value);
        return value;
    }

    private static void put(ServedStore node, byte[] key, byte[] value) throws Exception {
        CompletableFuture<Long> ended = new CompletableFuture<>();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        node.submit(Command.put(key, value), Durability.MAJORITY, deadline, new CommandCallback() {
            @Override
            public void committed(long revision) {
                ended.complete(revision);
            }

            @Override
            public void conditionFailed(Condition failed, long currentRevision) {
                ended.completeExceptionally(new AssertionError("a put has no condition"));
            }

            @Override
            public void failed(StoreException failure) {
                ended.completeExceptionally(failure);
            }
        });
        ended.get(90, TimeUnit.SECONDS);
    }

    private static ReplicaDigests compare(ServedStore node) throws Exception {
        CompletableFuture<ReplicaDigests> compared = new CompletableFuture<>();
        node.compare((digests, trouble) -> {
            if (digests != null) {
                compared.complete(digests);
            } else {
                compared.completeExceptionally(Objects.requireNonNull(trouble));
            }
        });
        return compared.get(90, TimeUnit.SECONDS);
    }

    private static void fill(InProcessCluster cluster, int round) throws Exception {
        for (int i = 0; i < KEYS; i++) {
            put(cluster.node(InProcessCluster.NAMES.get(i % 3)), key(i), value(i, round));
        }
    }

    /** Flips a bit in the middle of every file of a kind that holds something. */
    private static int flip(SimulatedDisk disk, String suffix) throws Exception {
        int flipped = 0;
        for (Path path : disk.paths()) {
            if (path.toString().endsWith(suffix) && disk.sizeBytes(path) > 8192) {
                disk.flipBit(path, 8 * 5000L);
                flipped++;
            }
        }
        return flipped;
    }

    @Test
    void damagedTablesAndValuesAreRepairedFromTheOtherNodes() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            fill(cluster, 1);
            fill(cluster, 2);
            String leader = cluster.awaitLeader(null);
            for (String hurt : List.of(cluster.other(leader), leader)) {
                Store store = cluster.node(hurt).store();
                InProcessCluster.until(
                        "something is in tables", () -> store.stats().tables() > 0);
                SimulatedDisk disk = cluster.disk(hurt).disk();
                assertThat(flip(disk, ".table")).as("tables of " + hurt).isPositive();
                flip(disk, ".values");
                assertThat(store.scrub().found()).isPositive();
                InProcessCluster.until(
                        "it is repaired", () -> store.scrubStatus().damages().isEmpty());
                assertThat(store.scrub().damages()).isEmpty();
                assertThat(store.scrubStatus().repaired()).isPositive();
                for (int i = 0; i < KEYS; i++) {
                    assertThat(store.get(key(i))).as(hurt + ", key " + i).isEqualTo(value(i, 2));
                }
            }
            ReplicaDigests digests = compare(cluster.node(leader));
            assertThat(digests.equal()).as(digests.toString()).isTrue();
            assertThat(digests.nodes())
                    .hasSize(3)
                    .allSatisfy(node -> assertThat(node.entries()).isGreaterThanOrEqualTo(KEYS));
        }
    }

    /** Also where nobody writes any more: the log goes on in another segment, and the damaged ones go. */
    @Test
    void aDamagedLogIsLeftBehindAndTheNodeCanBeStartedAgain() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            fill(cluster, 1);
            fill(cluster, 2);
            String leader = cluster.awaitLeader(null);
            for (String hurt : List.of(cluster.other(leader), leader)) {
                Store store = cluster.node(hurt).store();
                SimulatedDisk disk = cluster.disk(hurt).disk();
                assertThat(flip(disk, ".log")).as("segments of " + hurt).isPositive();
                assertThat(store.scrub().found()).isPositive();
                InProcessCluster.until(
                        "it is repaired", () -> store.scrubStatus().damages().isEmpty());
                assertThat(store.scrub().damages()).isEmpty();
                for (int i = 0; i < KEYS; i++) {
                    assertThat(store.get(key(i))).as(hurt + ", key " + i).isEqualTo(value(i, 2));
                }
                cluster.stop(hurt);
                cluster.start(hurt);
                put(cluster.node(hurt), key(KEYS), value(KEYS, 1));
            }
            for (String name : InProcessCluster.NAMES) {
                ReplicaDigests digests = compare(cluster.node(name));
                assertThat(digests.equal()).as(digests.toString()).isTrue();
            }
        }
    }

    @Test
    void aDamagedVoteIsWrittenAgainWhileItIsStillKnown() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            put(cluster.node("n1"), key(1), value(1, 1));
            String hurt = cluster.other(cluster.awaitLeader(null));
            SimulatedDisk disk = cluster.disk(hurt).disk();
            Path vote = disk.paths().stream()
                    .filter(path -> path.toString().endsWith(".vote"))
                    .findFirst()
                    .orElseThrow();
            disk.flipBit(vote, 8 * 4100L);
            disk.flipBit(vote, 8 * 4620L);
            Store store = cluster.node(hurt).store();
            assertThat(store.scrub().found()).isPositive();
            assertThat(store.scrubStatus().damages()).isEmpty();
            assertThat(store.scrubStatus().repaired()).isPositive();
            cluster.stop(hurt);
            cluster.start(hurt);
            put(cluster.node(hurt), key(2), value(2, 1));
        }
    }

    /** Until a table is repaired, what is damaged in it is read of another node. */
    @Test
    void whatIsDamagedIsReadElsewhere() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            fill(cluster, 1);
            String leader = cluster.awaitLeader(null);
            String hurt = cluster.other(leader);
            ServedStore node = cluster.node(hurt);
            long revision = cluster.node(leader).store().revision();
            StoreException damage = new StoreException(StoreException.Kind.CORRUPTION, "it is damaged");
            for (int i = 0; i < 20; i++) {
                Entry entry = Objects.requireNonNull(node.readElsewhere(key(i), revision, damage));
                assertThat(entry.value()).isEqualTo(value(i, 1));
                assertThat(entry.revision())
                        .isEqualTo(cluster.node(leader).store().keyRevision(key(i)));
            }
            assertThat(node.readElsewhere("nothing".getBytes(UTF_8), revision, damage))
                    .isNull();
            assertThatThrownBy(() -> node.readElsewhere(key(1), revision + 1_000, damage))
                    .as("nobody has a revision that is yet to come")
                    .isSameAs(damage);
            InProcessCluster.NAMES.stream().filter(name -> !name.equals(hurt)).forEach(cluster::stop);
            assertThatThrownBy(() -> node.readElsewhere(key(1), revision, damage))
                    .isSameAs(damage);
        }
    }

    @Test
    void replicasAreComparedWhileTheyAreWrittenTo() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            fill(cluster, 1);
            CompletableFuture<Void> written = CompletableFuture.runAsync(() -> {
                try {
                    fill(cluster, 2);
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            int compared = 0;
            while (!written.isDone() || compared == 0) {
                for (String name : InProcessCluster.NAMES) {
                    ReplicaDigests digests = compare(cluster.node(name));
                    assertThat(digests.equal()).as(digests.toString()).isTrue();
                    assertThat(digests.nodes()).hasSize(3);
                    compared++;
                }
            }
            written.get(60, TimeUnit.SECONDS);
            for (String name : InProcessCluster.NAMES) {
                InProcessCluster.until(
                        "nothing is kept for others",
                        () -> cluster.node(name).store().stats().openSnapshots() == 0);
            }
        }
    }

    @Test
    void aNodeThatIsDownIsNamed() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            put(cluster.node("n1"), key(1), value(1, 1));
            String leader = cluster.awaitLeader(null);
            String down = cluster.other(leader);
            cluster.stop(down);
            ReplicaDigests digests = compare(cluster.node(leader));
            assertThat(digests.equal()).isFalse();
            assertThat(digests.nodes())
                    .filteredOn(node -> node.trouble() != null)
                    .extracting(ReplicaDigests.NodeDigest::node)
                    .containsExactly(down);
        }
    }
}
