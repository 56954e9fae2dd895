package dev.varve.replication.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.CommandCallback;
import dev.varve.replication.sequencer.Condition;
import dev.varve.storage.Cursor;
import dev.varve.storage.Durability;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.Snapshot;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.io.StoreFile;
import dev.varve.testkit.CallKind;
import dev.varve.testkit.FaultPlan;
import dev.varve.testkit.IoCall;
import dev.varve.testkit.SimulatedFileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Members that need entries that no log has any more. */
@Timeout(180)
class CatchUpTest {

    private static final int VALUE_BYTES = 16 << 10;
    private static final long RETENTION_BYTES = 2 << 20;

    private static long put(ServedStore node, String key, byte[] value) throws Exception {
        CompletableFuture<Long> ended = new CompletableFuture<>();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        node.submit(Command.put(key.getBytes(UTF_8), value), Durability.MAJORITY, deadline, new CommandCallback() {
            @Override
            public void committed(long revision) {
                ended.complete(revision);
            }

            @Override
            public void conditionFailed(Condition failed, long currentRevision) {
                ended.completeExceptionally(new AssertionError("no condition was given"));
            }

            @Override
            public void failed(StoreException failure) {
                ended.completeExceptionally(failure);
            }
        });
        return ended.get(90, TimeUnit.SECONDS);
    }

    /** Writes until the leader's log no longer has the entries that a member which has now gone needs. */
    private static void outrun(InProcessCluster cluster, String through, long lastIndex) throws Exception {
        Random random = new Random(11);
        byte[] value = new byte[VALUE_BYTES];
        for (int i = 0; firstIndex(cluster) <= lastIndex + 1 || i < 300; i++) {
            assertThat(i).as("puts until the log is truncated").isLessThan(20_000);
            random.nextBytes(value);
            try {
                put(cluster.node(through), "key " + random.nextInt(200), value);
            } catch (ExecutionException e) { // Leaders change where the machine of the test is busy.
                assertThat(e.getCause())
                        .isInstanceOfSatisfying(
                                StoreException.class,
                                cause -> assertThat(cause.kind())
                                        .isIn(StoreException.Kind.OUTCOME_UNKNOWN, StoreException.Kind.NO_LEADER));
            }
        }
    }

    private static long firstIndex(InProcessCluster cluster) {
        String leader = cluster.awaitLeader(null);
        return cluster.node(leader).store().state().log().firstIndex();
    }

    private static long lastIndex(InProcessCluster cluster, String node) {
        return cluster.node(node).store().state().log().lastIndex();
    }

    private static List<String> contents(Store store) {
        List<String> contents = new ArrayList<>();
        try (Cursor cursor = store.range(KeyRange.all())) {
            while (cursor.next()) {
                contents.add(new String(cursor.key(), UTF_8) + " " + cursor.revision() + " "
                        + Arrays.hashCode(cursor.value()));
            }
        }
        return contents;
    }

    private static void awaitSame(InProcessCluster cluster, String node) {
        String leader = cluster.awaitLeader(null);
        InProcessCluster.until(node + " has what the leader has", () -> {
            try {
                return cluster.node(node).unready() == null
                        && cluster.node(node).store().revision()
                                == cluster.node(leader).store().revision()
                        && contents(cluster.node(node).store())
                                .equals(contents(cluster.node(leader).store()));
            } catch (StoreException e) {
                return false; // It is being put on another store.
            }
        });
    }

    @Test
    void aFollowerThatWasAwayForLongerThanTheLogIsKeptGetsACheckpoint() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster(RETENTION_BYTES, null)) {
            String leader = cluster.awaitLeader(null);
            String away = cluster.other(leader);
            put(cluster.node(leader), "first", new byte[] {1});
            InProcessCluster.until("it has the first", () -> lastIndex(cluster, away) >= lastIndex(cluster, leader));
            String member = cluster.node(away).store().nodeId();
            long last = lastIndex(cluster, away);
            cluster.stop(away);
            outrun(cluster, leader, last);

            cluster.start(away);

            awaitSame(cluster, away);
            assertThat(cluster.node(away).store().nodeId()).as("the member").isEqualTo(member);
            assertThat(cluster.node(away).fetchedBytes()).isGreaterThan(200L * VALUE_BYTES);
            assertThat(cluster.disk(away).list(InProcessCluster.DATA)).doesNotContain("incoming");
            InProcessCluster.until("what was offered is dropped", () -> isGone(cluster, leader, "outgoing"));

            // It votes, and takes part like any other: also in the place of the one that is stopped now.
            String third = cluster.other(leader, away);
            cluster.stop(third);
            long written = put(cluster.node(away), "with two of three", new byte[] {2});
            cluster.stop(away);
            cluster.start(away);
            cluster.start(third);
            assertThat(put(cluster.node(third), "with all", new byte[] {3})).isGreaterThan(written);
            awaitSame(cluster, away);
            awaitSame(cluster, third);
        }
    }

    private static long bytesIn(SimulatedFileSystem disk, Path directory) throws IOException {
        long bytes = 0;
        for (String file : disk.list(directory)) {
            try (StoreFile opened = disk.openForRead(directory.resolve(file))) {
                bytes += opened.size();
            }
        }
        return bytes;
    }

    /** Reads of what is offered fail where this is so. */
    private static void failReads(InProcessCluster cluster, String node, Predicate<IoCall> which) {
        cluster.disk(node)
                .faults()
                .failFrom(
                        call -> call.kind() == CallKind.READ
                                && call.path().startsWith(InProcessCluster.DATA.resolve("outgoing"))
                                && which.test(call),
                        1,
                        FaultPlan::inputOutputError);
    }

    private static boolean isGone(InProcessCluster cluster, String node, String name) {
        try {
            return !cluster.disk(node).list(InProcessCluster.DATA).contains(name);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aNodeWithAnEmptyDirectoryIsTakenInAtAnyAgeOfTheLog() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster(RETENTION_BYTES, null)) {
            String leader = cluster.awaitLeader(null);
            String wiped = cluster.other(leader);
            String member = cluster.node(wiped).store().nodeId();
            cluster.stop(wiped);
            outrun(cluster, leader, 1);
            cluster.wipe(wiped);

            cluster.start(wiped);

            awaitSame(cluster, wiped);
            assertThat(cluster.node(wiped).store().nodeId())
                    .as("another member")
                    .isNotEqualTo(member);
            cluster.stop(cluster.other(leader, wiped));
            put(cluster.node(wiped), "with two of three", new byte[] {2});
        }
    }

    @Test
    void fetchingGoesOnWithWhatIsThereAfterARestartAndALostConnection() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster(RETENTION_BYTES, null)) {
            String leader = cluster.awaitLeader(null);
            String away = cluster.other(leader);
            InProcessCluster.until("it has the log", () -> lastIndex(cluster, away) >= lastIndex(cluster, leader));
            long last = lastIndex(cluster, away);
            cluster.stop(away);
            outrun(cluster, leader, last);

            // From the second MiB on nothing more can be read of what is offered.
            AtomicBoolean refuses = new AtomicBoolean(true);
            AtomicLong read = new AtomicLong();
            failReads(cluster, leader, call -> read.addAndGet(call.length()) > 2 << 20 && refuses.get());
            cluster.startUnready(away);
            InProcessCluster.until("it has fetched a part", () -> read.get() > 2 << 20);
            assertThat(cluster.node(away).unready()).contains("brought up to date");
            InProcessCluster.until(
                    "the leader knows what it is about",
                    () -> cluster.node(leader).view().members().stream()
                            .anyMatch(each -> each.name().equals(away)
                                    && each.reachable()
                                    && each.trouble().contains("brought up to date")));
            long first = cluster.node(away).fetchedBytes();
            assertThat(first).isBetween(1L << 20, 2L << 20);
            cluster.stop(away);
            assertThat(cluster.disk(away).list(InProcessCluster.DATA)).contains("incoming");
            long offered = bytesIn(cluster.disk(leader), InProcessCluster.DATA.resolve("outgoing"));

            refuses.set(false);
            cluster.start(away);

            awaitSame(cluster, away);
            long second = cluster.node(away).fetchedBytes();
            System.out.printf("%d bytes were fetched before the restart, and %d after it%n", first, second);
            assertThat(first + second).as("bytes that were fetched").isEqualTo(offered);
        }
    }

    @Test
    void fetchingGoesOnWhenTheLeaderChangesAndWhenItDies() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster(RETENTION_BYTES, null)) {
            String leader = cluster.awaitLeader(null);
            String away = cluster.other(leader);
            InProcessCluster.until("it has the log", () -> lastIndex(cluster, away) >= lastIndex(cluster, leader));
            long last = lastIndex(cluster, away);
            cluster.stop(away);
            outrun(cluster, leader, last);
            AtomicLong read = new AtomicLong();
            failReads(cluster, leader, call -> read.addAndGet(call.length()) > 1 << 20);
            cluster.startUnready(away);
            InProcessCluster.until("it has fetched a part", () -> read.get() > 1 << 20);

            cluster.stop(leader);

            String successor = cluster.other(leader, away);
            InProcessCluster.until(
                    "the other one leads",
                    () -> successor.equals(cluster.node(successor).view().leader()));
            awaitSame(cluster, away);
            put(cluster.node(away), "with the successor", new byte[] {5});
        }
    }

    @Test
    void aDamagedPieceIsNotTakenAndFetchedAgain() throws Exception {
        AtomicBoolean damaged = new AtomicBoolean();
        try (InProcessCluster cluster = new InProcessCluster(RETENTION_BYTES, damaged)) {
            String leader = cluster.awaitLeader(null);
            String away = cluster.other(leader);
            InProcessCluster.until("it has the log", () -> lastIndex(cluster, away) >= lastIndex(cluster, leader));
            long last = lastIndex(cluster, away);
            cluster.stop(away);
            outrun(cluster, leader, last);

            cluster.start(away);

            awaitSame(cluster, away);
            assertThat(damaged).isTrue();
        }
    }

    @Test
    void readersOfTheStoreOfBeforeAreToldAndSeeNoPartOfTheNewOne() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster(RETENTION_BYTES, null)) {
            String leader = cluster.awaitLeader(null);
            String away = cluster.other(leader);
            byte[] before = new byte[] {1};
            for (int i = 0; i < 100; i++) {
                put(cluster.node(leader), "key " + i, before);
            }
            InProcessCluster.until(
                    "it has all",
                    () -> cluster.node(away).store().revision()
                            == cluster.node(leader).store().revision());
            cluster.node(away).store().state().checkpoint(); // What is visible after a restart that hears of no leader.
            long last = lastIndex(cluster, away);
            cluster.stop(away);
            outrun(cluster, leader, last);
            AtomicBoolean held = new AtomicBoolean(true);
            failReads(cluster, leader, call -> held.get());
            cluster.startUnready(away);
            InProcessCluster.until(
                    "it is behind",
                    () -> String.valueOf(cluster.node(away).unready()).contains("brought up to date"));
            Store old = cluster.node(away).store();
            Snapshot snapshot = old.snapshot();
            Cursor cursor = snapshot.range(KeyRange.all(), Order.ASCENDING);
            assertThat(snapshot.get("key 5".getBytes(UTF_8))).isEqualTo(before);
            assertThat(cursor.next()).isTrue();

            held.set(false);
            awaitSame(cluster, away);

            assertThat(cluster.node(away).store()).isNotSameAs(old);
            assertThatThrownBy(() -> snapshot.get("key 5".getBytes(UTF_8)))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CLOSED));
            assertThatThrownBy(() -> {
                        while (cursor.next()) {
                            assertThat(cursor.revision()).isLessThanOrEqualTo(snapshot.revision());
                        }
                    })
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CLOSED));
        }
    }

    private static void damageManifest(InProcessCluster cluster, String node) throws IOException {
        SimulatedFileSystem disk = cluster.disk(node);
        String name =
                Manifest.find(disk.list(InProcessCluster.DATA)).orElseThrow().toString();
        disk.disk().replace(InProcessCluster.DATA.resolve(name), new byte[500]);
    }

    @Test
    void aNodeThatCannotOpenItsStoreIsRebuiltAsANewMemberWhereThatIsWanted() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster(RETENTION_BYTES, null)) {
            String leader = cluster.awaitLeader(null);
            String damaged = cluster.other(leader);
            String member = cluster.node(damaged).store().nodeId();
            outrun(cluster, leader, 1);
            cluster.stop(damaged);
            damageManifest(cluster, damaged);
            assertThatThrownBy(() -> cluster.start(damaged))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPTION));

            cluster.rebuildDamaged();
            cluster.start(damaged);

            awaitSame(cluster, damaged);
            String second = cluster.node(damaged).store().nodeId();
            assertThat(second).isNotEqualTo(member);
            cluster.stop(damaged);
            cluster.disk(damaged).delete(InProcessCluster.DATA.resolve("0000000000000000.vote"));

            cluster.start(damaged);

            awaitSame(cluster, damaged);
            assertThat(cluster.node(damaged).store().nodeId()).isNotEqualTo(second);
        }
    }

    @Test
    void aNodeIsRebuiltOnDemandUnlessTheOthersAreNoMajority() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster(RETENTION_BYTES, null)) {
            String leader = cluster.awaitLeader(null);
            String rebuilt = cluster.other(leader);
            String third = cluster.other(leader, rebuilt);
            String member = cluster.node(rebuilt).store().nodeId();
            outrun(cluster, leader, 1);
            cluster.stop(third);
            InProcessCluster.until(
                    "it sees that one is away",
                    () -> cluster.node(rebuilt).view().members().stream().anyMatch(each -> !each.reachable()));
            assertThat(cluster.node(rebuilt).rebuild("for a test")).contains("no majority");
            cluster.start(third);
            InProcessCluster.until(
                    "it sees all",
                    () -> cluster.node(rebuilt).view().members().stream().allMatch(each -> each.reachable()));

            InProcessCluster.until(
                    "it may be rebuilt", () -> cluster.node(rebuilt).rebuild("for a test") == null);

            InProcessCluster.until(
                    "it is another member",
                    () -> !cluster.node(rebuilt).store().nodeId().equals(member));
            awaitSame(cluster, rebuilt);
            assertThat(put(cluster.node(rebuilt), "through it", new byte[] {1})).isPositive();
        }
    }
}
