package dev.varve.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.client.UnreachableException;
import dev.varve.client.VarveClient;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server is filled, killed with SIGKILL and started again: how long from the start of its process to the first answer? With
 * {@code -Dvarve.startup.keys=1000000} it is started by the launcher, and the answer must come in time.
 */
class StartupTest {

    /** Null in an ordinary build, which measures but demands nothing. */
    private static final @Nullable Integer KEYS = Integer.getInteger("varve.startup.keys");

    private static final int USUAL_KEYS = 20_000;
    private static final int BATCH = 500;
    private static final int STARTS = 5;
    private static final double FIRST_READ_SECONDS_MAX = 1.2;
    private static final double OPENING_SECONDS_MAX = 0.5;

    @Test
    void aKilledServerAnswersSoonAfterItsStart(@TempDir Path directory) throws Exception {
        int keys = KEYS == null ? USUAL_KEYS : KEYS;
        int starts = KEYS == null ? 1 : STARTS;
        double[] firstReads = new double[starts];
        double[] openings = new double[starts];
        try (ServerProcess server = new ServerProcess(directory, StartupTest::command).start();
                VarveClient client = server.client()) {
            fill(client, keys);
            for (int i = 0; i < starts; i++) {
                server.kill();
                long begin = System.nanoTime();
                server.launch();
                server.await("first read", () -> isThere(client, keys / 2));
                firstReads[i] = (System.nanoTime() - begin) / 1e9;
                openings[i] = server.metric(client, "varve_open_seconds");
            }
            assertThat(isThere(client, keys - 1)).isTrue();
        }
        String summary = String.format(
                Locale.ROOT,
                "%,d keys: first read %.2f s after the start of the process, of which opening took %.2f s (median of %d)",
                keys,
                median(firstReads),
                median(openings),
                starts);
        System.out.println(summary);
        if (KEYS != null) {
            assertThat(median(firstReads)).as(summary).isLessThan(FIRST_READ_SECONDS_MAX);
            assertThat(median(openings)).as(summary).isLessThan(OPENING_SECONDS_MAX);
        }
    }

    private static List<String> command(List<String> arguments) {
        return KEYS == null ? Program.command(List.of(), arguments) : Program.launcher(arguments);
    }

    private static void fill(VarveClient client, int keys) {
        for (int first = 0; first < keys; first += BATCH) {
            String json = IntStream.range(first, Math.min(keys, first + BATCH))
                    .mapToObj(i -> '"' + new String(key(i), UTF_8) + "\":\"" + value(i) + '"')
                    .collect(Collectors.joining(",", "{", "}"));
            client.putBatch(json.getBytes(UTF_8));
        }
    }

    private static byte[] key(int number) {
        return "user%012d".formatted(number).getBytes(UTF_8);
    }

    private static String value(int number) {
        return "%0256d".formatted(number);
    }

    private static boolean isThere(VarveClient client, int number) {
        try {
            return Arrays.equals(client.get(key(number)), value(number).getBytes(UTF_8));
        } catch (UnreachableException notListening) {
            return false;
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
