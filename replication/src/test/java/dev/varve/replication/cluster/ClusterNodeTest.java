package dev.varve.replication.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.CommandCallback;
import dev.varve.replication.sequencer.Condition;
import dev.varve.replication.sequencer.RequestId;
import dev.varve.storage.Durability;
import dev.varve.storage.StoreException;
import dev.varve.testkit.CallKind;
import dev.varve.testkit.FaultPlan;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClusterNodeTest {

    private static final byte[] KEY = "k".getBytes(UTF_8);

    /** How a command ended: its revision, or in words. */
    private static String write(ServedStore node, Command command) throws Exception {
        CompletableFuture<String> ended = new CompletableFuture<>();
        node.submit(
                command, Durability.MAJORITY, System.nanoTime() + TimeUnit.SECONDS.toNanos(60), new CommandCallback() {
                    @Override
                    public void committed(long revision) {
                        ended.complete("revision " + revision);
                    }

                    @Override
                    public void conditionFailed(Condition failed, long currentRevision) {
                        ended.complete("refused at " + currentRevision);
                    }

                    @Override
                    public void failed(StoreException failure) {
                        ended.complete(failure.kind() + ": " + failure.getMessage());
                    }
                });
        return ended.get(90, TimeUnit.SECONDS);
    }

    /** Puts values of 16 KiB until something is so; each of them must be answered so that it is true of it. */
    private static void writeUntil(
            InProcessCluster cluster, String through, BooleanSupplier done, Predicate<String> answer) throws Exception {
        long begin = System.nanoTime();
        for (int i = 0; !done.getAsBoolean(); i++) {
            assertThat(System.nanoTime() - begin).as("time for puts").isLessThan(TimeUnit.SECONDS.toNanos(60));
            String answered =
                    write(cluster.node(through), Command.put(("fill " + i).getBytes(UTF_8), new byte[16 << 10]));
            assertThat(answered).matches(answer);
        }
    }

    private static long revision(InProcessCluster cluster, String node) {
        return cluster.node(node).store().revision();
    }

    private static @Nullable String change(InProcessCluster cluster, String through, MemberChange change, String node)
            throws Exception {
        CompletableFuture<String> ended = new CompletableFuture<>();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        cluster.node(through)
                .change(change, node, deadline, trouble -> ended.complete(trouble == null ? "" : trouble.getMessage()));
        return ended.get(90, TimeUnit.SECONDS);
    }

    private static Command named(String name, Command command) {
        return command.named(RequestId.ofClient(name.getBytes(UTF_8), command));
    }

    private static Command put(String value) {
        return Command.put(KEY, value.getBytes(UTF_8));
    }

    @Test
    void aRepeatedRequestGetsTheSameAnswerOnEveryNodeAndAfterFailoverAndRestart() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            String leader = cluster.awaitLeader(null);
            String follower = cluster.other(leader);
            Command request = named("a", put("one"));
            Command refusal = named("b", Command.deleteExisting("nothing".getBytes(UTF_8)));
            String first = write(cluster.node(follower), request);
            assertThat(first).startsWith("revision");
            assertThat(write(cluster.node(leader), refusal)).isEqualTo("refused at 0");
            assertThat(write(cluster.node(leader), put("two"))).startsWith("revision");
            assertThat(write(cluster.node(leader), Command.put("nothing".getBytes(UTF_8), new byte[1])))
                    .startsWith("revision");

            assertThat(write(cluster.node(leader), request)).isEqualTo(first);
            cluster.stop(leader);
            String successor = cluster.awaitLeader(leader);
            assertThat(write(cluster.node(successor), request)).isEqualTo(first);
            assertThat(write(cluster.node(cluster.other(successor)), refusal)).isEqualTo("refused at 0");

            cluster.stopAll();
            cluster.startAll();
            for (String node : InProcessCluster.NAMES) {
                assertThat(write(cluster.node(node), request)).as(node).isEqualTo(first);
                assertThat(write(cluster.node(node), refusal)).as(node).isEqualTo("refused at 0");
            }
            String leads = cluster.awaitLeader(null);
            assertThat(Objects.requireNonNull(cluster.node(leads).store().get(KEY)))
                    .isEqualTo("two".getBytes(UTF_8));
        }
    }

    /** {@code -Dvarve.cluster.retries=100000} makes them more. */
    @Test
    void aPutThatIsRepeatedNeverOverwritesALaterOne() throws Exception {
        int retries = Integer.getInteger("varve.cluster.retries", 120);
        Random random = new Random(7);
        try (InProcessCluster cluster = new InProcessCluster()) {
            cluster.awaitLeader(null);
            for (int i = 0; i < retries; i++) {
                ServedStore one = cluster.node(InProcessCluster.NAMES.get(random.nextInt(3)));
                ServedStore other = cluster.node(InProcessCluster.NAMES.get(random.nextInt(3)));
                if (i % (retries / 3) == retries / 6) {
                    cluster.node(cluster.awaitLeader(null)).stepAside();
                }
                Command first = named("put " + i, put("earlier " + i));
                String answer = write(one, first);
                String later = write(other, put("later " + i));

                assertThat(write(one, first)).as("repetition %d", i).isEqualTo(answer);
                assertThat(write(other, first)).as("repetition %d", i).isEqualTo(answer);

                CompletableFuture<String> current = new CompletableFuture<>();
                other.awaitRevision(
                        Long.parseLong(later.substring("revision ".length())),
                        System.nanoTime() + TimeUnit.SECONDS.toNanos(60),
                        trouble -> current.complete(String.valueOf(trouble)));
                assertThat(current.get(90, TimeUnit.SECONDS)).isEqualTo("null");
                assertThat(other.store().get(KEY)).as("repetition %d", i).isEqualTo(("later " + i).getBytes(UTF_8));
            }
        }
    }

    @Test
    void aFollowerWhoseDiskIsFullCatchesUpByItselfWhenThereIsSpace() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            String leader = cluster.awaitLeader(null);
            String full = cluster.other(leader);
            cluster.setFull(full, true);
            long before = revision(cluster, leader);
            writeUntil(
                    cluster,
                    leader,
                    () -> revision(cluster, leader) > before + 400,
                    answer -> answer.startsWith("revision"));
            assertThat(revision(cluster, full)).as("what fits on the full disk").isLessThan(before + 400);

            cluster.setFull(full, false);

            InProcessCluster.until(
                    "the follower has caught up", () -> revision(cluster, full) == revision(cluster, leader));
            assertThat(cluster.node(full).unready()).isNull();
        }
    }

    @Test
    void aLeaderWhoseDiskIsFullHandsOverToANodeThatHasSpace() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            String full = cluster.awaitLeader(null);
            String other = cluster.other(full);
            cluster.setFull(full, true);
            writeUntil(
                    cluster,
                    other,
                    () -> !full.equals(cluster.node(other).view().leader()),
                    answer -> answer.startsWith("revision") || answer.startsWith("DISK_FULL"));
            cluster.awaitLeader(full);
            assertThat(write(cluster.node(full), put("through the full one"))).startsWith("revision");

            cluster.setFull(full, false);
            InProcessCluster.until(
                    "the full one has caught up", () -> revision(cluster, full) == revision(cluster, other));
        }
    }

    @Test
    void whenAllDisksAreFullPutsAreRefusedAndGoOnByThemselves() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            String leader = cluster.awaitLeader(null);
            assertThat(write(cluster.node(leader), put("before"))).startsWith("revision");
            for (String node : InProcessCluster.NAMES) {
                cluster.setFull(node, true);
            }
            String[] last = {""};
            writeUntil(cluster, leader, () -> last[0].startsWith("DISK_FULL"), answer -> {
                last[0] = answer;
                return answer.startsWith("revision") || answer.startsWith("DISK_FULL");
            });
            assertThat(write(cluster.node(leader), Command.delete(KEY))).startsWith("revision");

            for (String node : InProcessCluster.NAMES) {
                cluster.setFull(node, false);
            }
            InProcessCluster.until(
                    "the leader has space", () -> !cluster.node(leader).store().needsSpace());
            assertThat(write(cluster.node(cluster.other(leader)), put("after"))).startsWith("revision");
        }
    }

    @Test
    void aLeaderWhoseDiskFailsAcknowledgesNothingMoreAndAnotherLeads() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            String failing = cluster.awaitLeader(null);
            cluster.disk(failing)
                    .faults()
                    .failFrom(FaultPlan.kinds(Set.of(CallKind.SYNC)), 1, FaultPlan::inputOutputError);
            long begun = System.nanoTime();
            assertThat(write(cluster.node(failing), put("lost"))).doesNotStartWith("revision");
            String successor = cluster.other(failing);
            InProcessCluster.until("another node leads", () -> {
                String leader = cluster.node(successor).view().leader();
                return leader != null && !leader.equals(failing);
            });
            assertThat(write(cluster.node(successor), put("kept"))).startsWith("revision");
            System.out.printf(
                    "another node led and wrote %d ms after the write that the disk failed%n",
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
            assertThat(cluster.node(failing).unready()).contains("failed");

            begun = System.nanoTime();
            assertThat(write(cluster.node(failing), put("brought to the new leader")))
                    .startsWith("revision");
            assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(20));
        }
    }

    @Test
    void aLeaderThatStepsAsideIsFollowedByAnotherAndForwardsToIt() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            String leader = cluster.awaitLeader(null);
            cluster.node(leader).stepAside();
            assertThat(cluster.node(leader).view().leader()).isNotNull().isNotEqualTo(leader);
            assertThat(write(cluster.node(leader), put("forwarded"))).startsWith("revision");
        }
    }

    @Test
    void anyNodeWaitsForARevisionThatAnotherHasTold() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            String leader = cluster.awaitLeader(null);
            for (int i = 0; i < 20; i++) {
                String written = write(cluster.node(leader), put("value " + i));
                long revision = Long.parseLong(written.substring("revision ".length()));
                ServedStore reader = cluster.node(InProcessCluster.NAMES.get(i % 3));
                CompletableFuture<String> there = new CompletableFuture<>();
                reader.awaitRevision(
                        revision,
                        System.nanoTime() + TimeUnit.SECONDS.toNanos(60),
                        trouble -> there.complete(String.valueOf(trouble)));
                assertThat(there.get(90, TimeUnit.SECONDS)).isEqualTo("null");
                assertThat(reader.store().get(KEY)).isEqualTo(("value " + i).getBytes(UTF_8));
            }
            InProcessCluster.until(
                    "all are up to date",
                    () -> InProcessCluster.NAMES.stream()
                            .allMatch(node -> cluster.node(node).lag() == 0));
        }
    }

    @Test
    void leadershipIsMovedThroughAnyNode() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            String leader = cluster.awaitLeader(null);
            String next = cluster.other(leader);
            assertThat(change(cluster, cluster.other(leader, next), MemberChange.TRANSFER, next))
                    .isEmpty();
            assertThat(cluster.awaitLeader(leader)).isEqualTo(next);
            assertThat(change(cluster, leader, MemberChange.TRANSFER, "n9")).contains("'n9' is no member");
        }
    }

    @Test
    void aMemberThatIsRemovedIsToldSoAndOthersGoOn() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            String leader = cluster.awaitLeader(null);
            String removed = cluster.other(leader);
            String stays = cluster.other(leader, removed);
            assertThat(change(cluster, stays, MemberChange.REMOVE, removed)).isEmpty();
            InProcessCluster.until("it says so", () -> {
                String words = cluster.node(removed).unready();
                return words != null && words.contains("was removed");
            });
            cluster.stop(removed);
            assertThat(write(cluster.node(stays), put("two of two"))).startsWith("revision");
            assertThat(change(cluster, stays, MemberChange.REMOVE, removed)).contains("is no member");
        }
    }

    @Test
    void aLeaderThatIsRemovedHandsOver() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            String leader = cluster.awaitLeader(null);
            String other = cluster.other(leader);
            assertThat(change(cluster, other, MemberChange.REMOVE, leader)).isEmpty();
            InProcessCluster.until("another node leads", () -> {
                String now = cluster.node(other).view().leader();
                return now != null && !now.equals(leader);
            });
            cluster.stop(leader);
            assertThat(write(cluster.node(other), put("without it"))).startsWith("revision");
        }
    }

    @Test
    void aNodeThatIsAddedJoinsAndOthersLearnWhereItIs() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            String leader = cluster.awaitLeader(null);
            assertThat(write(cluster.node(leader), put("before"))).startsWith("revision");
            cluster.startStranger("n4");
            InProcessCluster.until("it is refused", () -> {
                String words = cluster.node("n4").unready();
                return words != null && words.contains("is not among the peers");
            });

            assertThat(change(cluster, cluster.other(leader), MemberChange.ADD, "n4"))
                    .isEmpty();

            InProcessCluster.until("it is a member", () -> cluster.node("n4").unready() == null);
            assertThat(write(cluster.node("n4"), put("through it"))).startsWith("revision");
            InProcessCluster.until("it has everything", () -> revision(cluster, "n4") == revision(cluster, leader));
            assertThat(change(cluster, "n4", MemberChange.TRANSFER, "n4")).isEmpty();
            assertThat(cluster.awaitLeader(leader)).isEqualTo("n4");
        }
    }
}
