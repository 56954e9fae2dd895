package dev.varve.replication;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.util.ByteBufferCollector;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.Frames;
import dev.varve.storage.log.VoteFile;
import dev.varve.storage.state.StateMachine;
import dev.varve.testkit.CrashMode;
import dev.varve.testkit.SimulatedFileSystem;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** Three members with disks of their own and our transport between them. */
@Timeout(300)
class ReplicaNodeTest {

    private static final int KILLS = Integer.getInteger("varve.test.kills", 20);
    private Cluster cluster;
    private Writers writers;

    @BeforeEach
    void prepare(TestInfo test) {
        boolean kills = test.getTags().contains("kills");
        cluster = new Cluster(
                test.getTestMethod().orElseThrow().getName().substring(0, 20),
                kills ? Cluster.QUICK_MILLIS : Cluster.CALM_MILLIS);
        writers = new Writers(cluster);
    }

    @AfterEach
    void close() {
        writers.close();
        cluster.close();
    }

    @Test
    void aFoundedGroupElectsALeaderAndReplicatesPutsIntoAllStores() throws Exception {
        cluster.found();
        Cluster.Member leader = cluster.leader();
        List<Long> revisions = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            revisions.add(put(leader, "k" + i, "v" + i));
        }

        for (int i = 1; i < revisions.size(); i++) {
            assertThat(revisions.get(i)).as("revisions are dense").isEqualTo(revisions.get(i - 1) + 1);
        }
        cluster.awaitSame();
        Map<String, String> expected = Cluster.contents(leader);
        assertThat(expected).hasSize(50).containsEntry("k7", revisions.get(7) + "=v7");
        for (Cluster.Member member : cluster.members()) {
            assertThat(Cluster.contents(member)).isEqualTo(expected);
            assertThat(member.node().leader()).isEqualTo(leader.name());
        }
        cluster.assertLogsAreTheSame();
    }

    /** In a cluster of five, whose leader brings others up to date, those that JRaft keeps were more than a small heap holds. */
    @Test
    void buffersOfMessagesAreNotKept() throws Exception {
        cluster.found();
        put(cluster.leader(), "k", "v");
        ByteBufferCollector buffer = ByteBufferCollector.allocateByRecyclers(512 << 10);

        assertThat(buffer.recycle()).as("kept by JRaft").isFalse();
    }

    @Test
    void aFollowerTakesNoProposalsAndNamesTheLeader() throws Exception {
        cluster.found();
        Cluster.Member leader = cluster.leader();
        Cluster.Member follower = followers(leader).getFirst();
        Eventually.until("the follower knows the leader", () -> follower.node().leader() != null);

        assertThatThrownBy(() -> put(follower, "k", "v")).cause().isInstanceOfSatisfying(ProposalException.class, e -> {
            assertThat(e.outcome()).isEqualTo(ProposalException.Outcome.NOT_LEADER);
            assertThat(e.leader()).isEqualTo(leader.name());
        });
    }

    @Test
    void nothingIsAppliedBeforeThisNodesOwnDiskHasIt() throws Exception {
        cluster.found();
        Cluster.Member leader = cluster.leader();
        put(leader, "before", "v");
        cluster.awaitSame();
        long durable = leader.state().log().durableIndex();

        CountDownLatch gate = leader.holdSyncs();
        CompletableFuture<Long> pending = leader.node().put("k".getBytes(UTF_8), "v".getBytes(UTF_8));
        for (Cluster.Member follower : followers(leader)) {
            // It applies only what is committed: the two followers are a majority.
            Eventually.until("a follower has applied it", () -> value(follower, "k") != null);
        }
        // The leader knows it as well: a follower learns from it alone what is committed.
        assertThat(leader.state().log().durableIndex()).isEqualTo(durable);
        assertThat(leader.state().appliedIndex()).isEqualTo(durable);
        assertThat(value(leader, "k")).isNull();
        assertThat(pending).isNotDone();
        assertThat(leader.node().failure()).isNull();

        gate.countDown();
        assertThat(pending.get(60, TimeUnit.SECONDS)).isEqualTo(2);
        assertThat(value(leader, "k")).isEqualTo("v");
    }

    @Test
    @Tag("kills")
    void acknowledgedWritesSurviveManyKillsOfTheLeader() throws Exception {
        cluster.found();
        writers.start(8);
        Random random = new Random(5);
        List<CrashMode> modes = List.of(CrashMode.values());
        long terms = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            long goal = writers.writes() + 100;
            Eventually.until("writes are acknowledged", () -> writers.writes() >= goal);
            Cluster.Member leader = cluster.leader();
            if (kill % 5 == 4) {
                leader.node().checkpoint().get(60, TimeUnit.SECONDS);
            }
            terms = leader.node().leadingTerm();
            CrashMode mode = modes.get(random.nextInt(modes.size()));
            cluster.crash(
                    leader,
                    kill % 2 == 0 ? SimulatedFileSystem::killed : crashed -> crashed.afterPowerCut(random, mode));
            Cluster.Member successor = cluster.leader();
            assertThat(successor.node().leadingTerm()).isGreaterThan(terms);

            cluster.start(leader);
            Cluster.assertCheckpointIsBehindTheLog(leader);
            long revision = successor.state().visibleRevision();
            Eventually.until(
                    "the killed node has caught up", () -> leader.state().visibleRevision() >= revision);
        }
        writers.stop();
        cluster.awaitSame();

        Map<String, String> contents = Cluster.contents(cluster.leader());
        assertThat(writers.acknowledged).hasSizeGreaterThan(KILLS * 10);
        writers.acknowledged.forEach((key, value) -> {
            if (!writers.unknown.containsKey(key)) {
                assertThat(contents).as("acknowledged").containsEntry(key, value);
            }
        });
        for (Cluster.Member member : cluster.members()) {
            assertThat(Cluster.contents(member))
                    .as("store of %s", member.name())
                    .isEqualTo(contents);
            assertThat(member.node().failure()).isNull();
            Cluster.assertCheckpointIsBehindTheLog(member);
            assertThat(member.state().lastCheckpoint().appliedIndex())
                    .as("the checkpoint of %s", member.name())
                    .isPositive();
        }
        cluster.assertLogsAreTheSame();
    }

    @Test
    @Tag("kills")
    void aWholeGroupThatLostPowerGoesOnWithAllItAcknowledged() throws Exception {
        cluster.found();
        writers.start(8);
        Eventually.until("writes are acknowledged", () -> writers.writes() >= 2000);
        Random random = new Random(6);
        for (Cluster.Member member : cluster.members()) {
            cluster.crash(member, crashed -> crashed.afterPowerCut(random, CrashMode.FORGET_UNSYNCED));
        }
        writers.stop();

        for (Cluster.Member member : cluster.members()) {
            cluster.start(member);
        }
        putThroughWhoLeads("after", "v");
        cluster.awaitSame();

        Map<String, String> contents = Cluster.contents(cluster.leader());
        writers.acknowledged.forEach((key, value) -> {
            if (!writers.unknown.containsKey(key)) {
                assertThat(contents).containsEntry(key, value);
            }
        });
        for (Cluster.Member member : cluster.members()) {
            assertThat(Cluster.contents(member)).isEqualTo(contents);
        }
        cluster.assertLogsAreTheSame();
    }

    @Test
    void aFollowerThatLacksWhatTheLogNoLongerHasSaysSoAndIsLeftAsItIs() throws Exception {
        cluster.found();
        Cluster.Member leader = cluster.leader();
        put(leader, "first", "v");
        cluster.awaitSame();
        Cluster.Member lagging = followers(leader).getFirst();
        Cluster.Member other = followers(leader).getLast();
        long lastIndex = lagging.state().log().lastIndex();
        cluster.crash(lagging, SimulatedFileSystem::killed);
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 20; i++) {
                put(leader, "k" + round + "-" + i, "v");
            }
            leader.node().checkpoint().get(60, TimeUnit.SECONDS);
            other.node().checkpoint().get(60, TimeUnit.SECONDS);
        }
        Eventually.until("the log is truncated", () -> leader.state().log().firstIndex() > lastIndex + 1);

        cluster.start(lagging);
        Eventually.until("the follower says that it is behind", lagging::isBehind);

        for (int i = 0; i < 20; i++) {
            put(cluster.leader(), "later" + i, "v");
        }
        assertThat(lagging.state().log().lastIndex()).isEqualTo(lastIndex);
        assertThat(value(lagging, "later0")).isNull();
        Cluster.assertCheckpointIsBehindTheLog(lagging);
    }

    @Test
    void aMemberWithoutItsVoteDoesNotStart() throws Exception {
        cluster.found();
        Cluster.Member leader = cluster.leader();
        put(leader, "k", "v");
        cluster.awaitSame();
        Cluster.Member follower = followers(leader).getFirst();
        cluster.crash(follower, SimulatedFileSystem::killed);
        deleteVote(follower);

        assertThatThrownBy(() -> cluster.start(follower)).isInstanceOf(NoSuchFileException.class);
        put(cluster.leader(), "k2", "v");
    }

    @Test
    void nodesThatAreTakenInCatchUpAndThenVote() throws Exception {
        Cluster.Member founder = cluster.member("a");
        cluster.startFounder(founder);
        put(cluster.leader(), "k", "v");
        for (String name : List.of("b", "c")) {
            Cluster.Member joining = cluster.member(name);
            cluster.start(joining);
            assertThat(joining.node().status())
                    .as("it waits")
                    .isEqualTo(new ReplicaNode.MemberStatus(ReplicaNode.Role.FOLLOWER, 0, 0, 0));
            takeIn(joining);
            Eventually.until(name + " has caught up", () -> "v".equals(value(joining, "k")));
        }

        cluster.crash(founder, SimulatedFileSystem::killed);
        Cluster.Member successor = cluster.leader();
        put(successor, "k2", "v2");
        assertThat(value(successor, "k")).isEqualTo("v");
    }

    private void takeIn(Cluster.Member joining) throws Exception {
        Eventually.until(joining.name() + " is taken in", () -> {
            CompletableFuture<String> done = new CompletableFuture<>();
            cluster.leader()
                    .node()
                    .changes()
                    .admit(joining.memberId(), true, () -> {}, trouble -> done.complete(String.valueOf(trouble)));
            return done.get(60, TimeUnit.SECONDS).equals("null");
        });
    }

    private static void deleteVote(Cluster.Member member) throws IOException {
        member.files().delete(Cluster.DIRECTORY.resolve(new FileName(FileKind.VOTE, VoteFile.ID).toString()));
    }

    private List<Cluster.Member> followers(Cluster.Member leader) {
        return cluster.members().stream().filter(each -> !each.equals(leader)).toList();
    }

    /** Leaders may still change soon after a start. */
    private void putThroughWhoLeads(String key, String value) throws Exception {
        Eventually.until("a leader takes " + key, () -> {
            try {
                put(cluster.leader(), key, value);
                return true;
            } catch (ExecutionException e) {
                return false;
            }
        });
    }

    private static long put(Cluster.Member member, String key, String value)
            throws InterruptedException, ExecutionException {
        return member.node().put(key.getBytes(UTF_8), value.getBytes(UTF_8)).get();
    }

    private static @Nullable String value(Cluster.Member member, String key) throws IOException {
        StateMachine.Found found = member.state().get(Frames.USER, key.getBytes(UTF_8), Long.MAX_VALUE, false);
        return found == null ? null : new String(found.value(), UTF_8);
    }
}
