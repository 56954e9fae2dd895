package dev.varve.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.client.VarveClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The server is killed with SIGKILL again and again while many clients write, and now and then while it opens the store. What was
 * acknowledged must be there afterwards, and of each batch all or nothing. {@code -Dvarve.kills=200} makes it longer.
 */
class KillTest {

    private static final int KILLS = Integer.getInteger("varve.kills", 20);

    /** A new store after so many kills, since reopening all old data is not what takes the time here. */
    private static final int KILLS_OF_A_STORE = 20;

    private static final int WRITERS = 16;
    private static final int WRITES_MAX = 3000;
    private static final long AFTER_LAST_WRITE_NANOS_MAX = 5_000_000;
    private static final long OPENING_NANOS_MAX = 1_000_000_000;

    private final long seed = Long.getLong("varve.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private int kills;
    private int killsWhileOpening;
    private long writes;
    private long lost;
    private long torn;

    @Test
    void whatWasAcknowledgedIsThereAfterEveryKill(@TempDir Path directory) throws Exception {
        for (int store = 0; kills < KILLS; store++) {
            killOneStore(directory.resolve("store" + store));
        }
        String summary = String.format(
                Locale.ROOT,
                "%d kills, %d of them while the store was opened: %,d writes acknowledged, %d lost, %d batches torn (seed %d)",
                kills,
                killsWhileOpening,
                writes,
                lost,
                torn,
                seed);
        System.out.println(summary);
        assertThat(lost).as(summary).isZero();
        assertThat(torn).as(summary).isZero();
        assertThat(writes).as(summary).isPositive();
    }

    private void killOneStore(Path directory) throws Exception {
        Writers writers = new Writers(WRITERS, random);
        try (ServerProcess server = new ServerProcess(
                directory,
                List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"), // Its lives are short.
                "--memory=2MiB", // Small memtables, so that kills meet flushes too.
                "--max-value-bytes=64KiB",
                "--max-batch-bytes=64KiB")) {
            server.start();
            for (int i = 0; i < KILLS_OF_A_STORE && kills < KILLS; i++) {
                killUnderLoad(server, writers);
                if (random.nextInt(4) == 0 && kills < KILLS) {
                    killWhileOpening(server);
                }
                server.start();
                try (VarveClient client = server.client()) {
                    writers.compareAndGoOn(client);
                }
            }
        }
        writes += writers.writes();
        lost += writers.lost();
        torn += writers.torn();
    }

    private void killUnderLoad(ServerProcess server, Writers writers) throws InterruptedException {
        try (VarveClient client = server.client()) {
            writers.start(client, random.nextInt(1, WRITES_MAX));
            LockSupport.parkNanos(random.nextLong(AFTER_LAST_WRITE_NANOS_MAX));
            server.kill();
            writers.join();
        }
        kills++;
    }

    private void killWhileOpening(ServerProcess server) throws IOException {
        server.launch();
        LockSupport.parkNanos(random.nextLong(OPENING_NANOS_MAX));
        server.kill();
        kills++;
        killsWhileOpening++;
    }
}
