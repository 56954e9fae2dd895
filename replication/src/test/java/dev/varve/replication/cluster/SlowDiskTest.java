package dev.varve.replication.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.CommandCallback;
import dev.varve.replication.sequencer.Condition;
import dev.varve.storage.Durability;
import dev.varve.storage.StoreException;
import dev.varve.storage.io.Ticker;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class SlowDiskTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final SlowDisk disk = new SlowDisk();

    /** Looks twice a second, from one second to before another, and gives how often it should go. */
    private int looks(long from, long to, long own, long others) {
        int due = 0;
        for (long half = 2 * from; half < 2 * to; half++) {
            due += disk.look(true, own, others, half * SECOND / 2) ? 1 : 0;
        }
        return due;
    }

    @Test
    void aLeaderGoesWhenItsDiskWasTenTimesSlowerForTenSeconds() {
        assertThat(looks(0, 10, 100_001, 10_000)).isZero();
        assertThat(looks(10, 11, 100_001, 10_000)).isEqualTo(2);
    }

    @Test
    void aShortStallOrAFactorBelowTenIsNoReason() {
        assertThat(looks(0, 9, 500_000, 1000)).isZero();
        assertThat(looks(9, 10, 5000, 1000)).as("in between").isZero();
        assertThat(looks(10, 19, 500_000, 1000)).isZero();
        assertThat(looks(20, 60, 100_000, 10_000)).as("ten times, not more").isZero();
    }

    @Test
    void whatNobodyNoticesOrKnowsIsNoReason() {
        assertThat(looks(0, 60, 19_999, 100)).isZero();
        assertThat(looks(60, 120, 500_000, 0)).as("the others have not said").isZero();
        for (int i = 0; i < 120; i++) {
            assertThat(disk.look(false, 500_000, 100, i * SECOND)).isFalse();
        }
        assertThat(disk.look(true, 500_000, 100, 121 * SECOND))
                .as("it leads since")
                .isFalse();
    }

    @Test
    void itDoesNotGoAgainSoon() {
        assertThat(looks(0, 11, 500_000, 1000)).isEqualTo(2);
        disk.goes(11 * SECOND);
        assertThat(looks(11, 71, 500_000, 1000)).isZero();
        assertThat(looks(71, 72, 500_000, 1000)).isEqualTo(2);
    }

    @Test
    void thePercentileIsThatOfTheLastSeconds() {
        AtomicLong now = new AtomicLong(-3 * SECOND);
        Ticker ticker = now::get;
        SyncLatency syncs = new SyncLatency(ticker);
        for (int i = 1; i < SyncLatency.SYNCS_MIN; i++) {
            syncs.synced(TimeUnit.MILLISECONDS.toNanos(1), 1, 1);
        }
        assertThat(syncs.p99Micros()).as("too few to tell").isZero();
        for (int i = SyncLatency.SYNCS_MIN; i <= 198; i++) {
            syncs.synced(TimeUnit.MILLISECONDS.toNanos(1), 1, 1);
        }
        syncs.synced(SECOND, 1, 1);
        assertThat(syncs.p99Micros()).as("one of 199 is slow").isBetween(750L, 1000L);
        syncs.synced(SECOND, 1, 1);
        syncs.synced(SECOND, 1, 1);
        assertThat(syncs.p99Micros()).as("three of 201 are").isBetween(750_000L, 1_000_000L);
        now.addAndGet((SyncLatency.SECONDS - 1) * SECOND);
        assertThat(syncs.p99Micros()).isBetween(750_000L, 1_000_000L);
        for (int i = 0; i < 30; i++) {
            syncs.synced(TimeUnit.MILLISECONDS.toNanos(70), 1, 1);
        }
        now.addAndGet(SECOND);
        assertThat(syncs.p99Micros()).isBetween(52_500L, 70_000L);
        now.addAndGet(SyncLatency.SECONDS * SECOND);
        assertThat(syncs.p99Micros()).as("nothing lately").isZero();
    }

    /** One put after the other on a node, until something is so; the order of answers is that of the puts. */
    private static void putUntil(ServedStore node, BooleanSupplier done) throws InterruptedException {
        long end = System.nanoTime() + 120 * SECOND;
        while (!done.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("time left").isNegative();
            CountDownLatch answered = new CountDownLatch(1);
            Command put = Command.put("k".getBytes(UTF_8), new byte[100]);
            node.submit(put, Durability.MAJORITY, end, new CommandCallback() {
                @Override
                public void committed(long revision) {
                    answered.countDown();
                }

                @Override
                public void conditionFailed(Condition failed, long currentRevision) {
                    answered.countDown();
                }

                @Override
                public void failed(StoreException failure) {
                    answered.countDown();
                }
            });
            answered.await();
        }
    }

    @Test
    void aLeaderWhoseDiskIsSlowIsFollowedByOneWithAFastDiskWhichStays() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            String slow = cluster.awaitLeader(null);
            ServedStore other = cluster.node(cluster.other(slow));
            // The machine is busy, and so are its disks: what is slow must be slow beside that.
            cluster.setSyncMillis(slow, 1000);
            putUntil(other, () -> {
                String leader = other.view().leader();
                return leader != null && !leader.equals(slow);
            });
            String fast = cluster.awaitLeader(slow);
            long after = System.nanoTime() + 5 * SECOND;
            putUntil(other, () -> System.nanoTime() - after > 0);
            assertThat(cluster.awaitLeader(null)).isEqualTo(fast);
        }
    }
}
