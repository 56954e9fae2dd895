package dev.varve.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.varve.client.RefusedException;
import dev.varve.client.VarveClient;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk of a server becomes full, and later larger: a small file system in memory. */
class FullDiskTest {

    private static final int VALUE_BYTES = 256 << 10;
    private static final int REFUSALS = 11;
    private static final int DELETES = 10;
    private static final int PUTS_AFTERWARDS = 100;

    @TempDir
    private Path directory;

    private Path disk = Path.of("");
    private boolean mounted;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectory(directory.resolve("disk"));
        mounted = run("mount", "-t", "tmpfs", "-o", "size=192m", "varve-test", disk.toString());
        assumeThat(mounted)
                .as(() -> "A file system cannot be mounted here, which takes root: " + output())
                .isTrue();
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            assertThat(run("umount", disk.toString())).as(this::output).isTrue();
        }
    }

    @Test
    void onAFullDiskReadsAndDeletesGoOnAndWritingResumesByItself() throws Exception {
        List<byte[]> keys = new ArrayList<>();
        try (ServerProcess server = new ServerProcess(disk, List.of("-Xmx256m")).start();
                VarveClient client = server.client()) {
            fill(client, keys);
            fillTheRest();
            double refusedMillis = medianMillisOfRefusals(client);
            assertThat(client.page("/readyz").text()).contains("not-ready", "disk is full");
            for (int i = 0; i < DELETES; i++) {
                client.delete(keys.removeLast());
            }

            server.kill();
            server.launch();
            server.awaitLive(); // Opening needs no space.
            assertReadable(client, keys);
            assertRefused(client);

            enlarge();
            long begin = System.nanoTime();
            server.awaitReady();
            double resumedSeconds = (System.nanoTime() - begin) / 1e9;
            for (int i = 0; i < PUTS_AFTERWARDS; i++) {
                keys.add(key(1_000_000 + i));
                client.put(keys.getLast(), value(keys.getLast()));
            }
            server.kill();
            server.start();
            assertReadable(client, keys);
            System.out.printf(
                    Locale.ROOT,
                    "disk full: puts refused in %.1f ms (median); taken again %.1f s after there was space%n",
                    refusedMillis,
                    resumedSeconds);
        }
    }

    /** Puts until the server refuses it. */
    private static void fill(VarveClient client, List<byte[]> keys) {
        while (true) {
            byte[] key = key(keys.size());
            try {
                client.put(key, value(key));
                keys.add(key);
            } catch (RefusedException refusal) {
                assertThat(refusal.status()).as(refusal.getMessage()).isEqualTo(507);
                return;
            }
        }
    }

    /** Takes what space is left, so that there is none for tables either. */
    private void fillTheRest() throws IOException {
        byte[] zeroes = new byte[4096];
        try (OutputStream ballast = Files.newOutputStream(disk.resolve("ballast"))) {
            while (true) {
                ballast.write(zeroes);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    private static double medianMillisOfRefusals(VarveClient client) {
        long[] nanos = new long[REFUSALS];
        for (int i = 0; i < REFUSALS; i++) {
            long begin = System.nanoTime();
            assertRefused(client);
            nanos[i] = System.nanoTime() - begin;
        }
        Arrays.sort(nanos);
        return nanos[REFUSALS / 2] / 1e6;
    }

    private static void assertRefused(VarveClient client) {
        assertThatThrownBy(() -> client.put("refused".getBytes(UTF_8), value("refused".getBytes(UTF_8))))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refusal -> assertThat(refusal.status()).isEqualTo(507));
        assertThat(client.get("refused".getBytes(UTF_8))).isNull();
    }

    private void enlarge() throws IOException, InterruptedException {
        assertThat(run("mount", "-o", "remount,size=320m", disk.toString()))
                .as(this::output)
                .isTrue();
    }

    private static void assertReadable(VarveClient client, List<byte[]> keys) {
        assertThat(keys.stream()
                        .filter(key -> !Arrays.equals(client.get(key), value(key)))
                        .map(key -> new String(key, UTF_8)))
                .isEmpty();
    }

    private static byte[] key(int number) {
        return "key%07d".formatted(number).getBytes(UTF_8);
    }

    /** Differs from key to key. */
    private static byte[] value(byte[] key) {
        byte[] value = new byte[VALUE_BYTES];
        for (int i = 0; i < value.length; i++) {
            value[i] = (byte) (key[i % key.length] * (i / key.length + 1));
        }
        return value;
    }

    private boolean run(String... command) throws IOException, InterruptedException {
        return Program.exitCode(Program.start(List.of(command), directory.resolve("commands.log"))) == 0;
    }

    private String output() {
        try {
            return Files.readString(directory.resolve("commands.log"));
        } catch (IOException e) {
            return e.toString();
        }
    }
}
