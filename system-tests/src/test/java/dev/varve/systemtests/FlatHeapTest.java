package dev.varve.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.client.RangeQuery;
import dev.varve.client.RangeReader;
import dev.varve.client.VarveClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Far more bytes than the heap holds go through a server, in and out, and its heap stays where it was. {@code -Dvarve.heap.mebibytes=5120}
 * makes it longer. It prints the heap after a collection, and the resident memory of the process.
 */
class FlatHeapTest {

    private static final int MEBIBYTES = Integer.getInteger("varve.heap.mebibytes", 200);
    private static final int HEAP_MEBIBYTES = MEBIBYTES >= 2048 ? 256 : 128;
    private static final int CLIENTS = 64;
    private static final int VALUE_BYTES_MIN = 4 << 10;
    private static final int VALUE_BYTES_MAX = 64 << 10;
    private static final int QUARTERS = 4;

    /** A slow range takes at most so much. */
    private static final int RANGE_MEBIBYTES_MAX = 2048;

    /** How many entries the slow client takes between two pauses. */
    private static final int ENTRIES_AT_ONCE = 64;

    private static final long PAUSE_NANOS = 20_000_000;

    private final byte[] noise = new byte[1 << 20];
    private final int entries = (int) (((long) MEBIBYTES << 20) / ((VALUE_BYTES_MIN + VALUE_BYTES_MAX) / 2));

    @Test
    void theHeapStaysFlatWhateverGoesThrough(@TempDir Path directory) throws Exception {
        new SplittableRandom(1).nextBytes(noise);
        try (ServerProcess server =
                        new ServerProcess(directory, List.of("-Xmx" + HEAP_MEBIBYTES + "m"), "--memory=64MiB").start();
                VarveClient client = server.client()) {
            report(server, client, "started");
            for (int quarter = 0; quarter < QUARTERS; quarter++) {
                int first = quarter * (entries / QUARTERS);
                inParallel(entries / QUARTERS, i -> client.put(key(first + i), value(first + i)));
                report(server, client, "written " + (quarter + 1) * MEBIBYTES / QUARTERS + " MiB");
            }
            inParallel(entries / QUARTERS * QUARTERS, i -> assertStored(client, i));
            report(server, client, "read back");
            try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
                Future<Long> slow = executor.submit(() -> readSlowly(client));
                int rounds = 0;
                while (!slow.isDone()) {
                    inParallel(entries / QUARTERS, i -> assertStored(client, i));
                    if (rounds++ == 0) {
                        report(server, client, "during a slow range");
                    }
                }
                report(server, client, "after " + (slow.get() >> 20) + " MiB of it");
            }
        }
    }

    private void assertStored(VarveClient client, int number) {
        assertThat(Arrays.equals(client.get(key(number)), value(number)))
                .as("value %d", number)
                .isTrue();
    }

    /** Reads a range with pauses, and returns how many bytes of values it had. */
    private long readSlowly(VarveClient client) {
        long limit = (long) RANGE_MEBIBYTES_MAX << 20;
        long bytes = 0;
        int taken = 0;
        try (RangeReader range = client.range(RangeQuery.prefix("key".getBytes(UTF_8)))) {
            for (var entry = range.next(); entry != null && bytes < limit; entry = range.next()) {
                assertThat(Arrays.equals(entry.value(), value(taken))).isTrue();
                bytes += entry.value().length;
                if (++taken % ENTRIES_AT_ONCE == 0) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            }
        }
        return bytes;
    }

    /** Does something for each number below a bound, by all clients at once. */
    private static void inParallel(int count, IntConsumer action) throws InterruptedException, ExecutionException {
        AtomicInteger next = new AtomicInteger();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> clients = new ArrayList<>();
            for (int c = 0; c < CLIENTS; c++) {
                clients.add(executor.submit(() -> {
                    for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                        action.accept(i);
                    }
                }));
            }
            for (Future<?> one : clients) {
                one.get();
            }
        }
    }

    private static byte[] key(int number) {
        return "key%08d".formatted(number).getBytes(UTF_8);
    }

    private byte[] value(int number) {
        int length = VALUE_BYTES_MIN + (int) (number * 7919L % (VALUE_BYTES_MAX - VALUE_BYTES_MIN));
        int offset = (int) (number * 31L % (noise.length - VALUE_BYTES_MAX));
        return Arrays.copyOfRange(noise, offset, offset + length);
    }

    private static void report(ServerProcess server, VarveClient client, String when)
            throws IOException, InterruptedException {
        Process collection = new ProcessBuilder(
                        Program.javaHome().resolve("bin/jcmd").toString(), "" + server.pid(), "GC.run")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(Program.exitCode(collection)).isZero();
        double heap = server.metric(client, "jvm_memory_used_bytes{area=\"heap\"}") / (1 << 20);
        String summary = String.format(
                Locale.ROOT,
                "%-24s heap %4.0f of %d MiB, resident %4d MiB",
                when,
                heap,
                HEAP_MEBIBYTES,
                residentMebibytes(server));
        System.out.println(summary);
        assertThat(heap).as(summary).isLessThan(HEAP_MEBIBYTES * 0.75);
    }

    private static long residentMebibytes(ServerProcess server) throws IOException {
        return Files.readAllLines(Path.of("/proc", "" + server.pid(), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10)
                .findFirst()
                .orElseThrow();
    }
}
