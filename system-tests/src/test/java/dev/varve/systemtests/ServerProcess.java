package dev.varve.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.client.UnreachableException;
import dev.varve.client.VarveClient;
import dev.varve.testkit.network.FreePort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code varve server} as a process of its own, on a data directory and a port that outlive it: it can be killed and
 * started again. For one thread at a time.
 */
public final class ServerProcess implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(2);

    private final List<String> command;
    private final String url;
    private final Path log;
    private @Nullable Process process;

    /**
     * Nothing is started yet.
     *
     * @param directory of the data, and of the log beside it
     * @param jvmOptions such as {@code -Xmx64m}
     * @param arguments further ones of {@code varve server}
     */
    ServerProcess(Path directory, List<String> jvmOptions, String... arguments) throws IOException {
        this(directory, line -> Program.command(jvmOptions, line), arguments);
    }

    /** Makes the whole command of the arguments of {@code varve}. */
    @FunctionalInterface
    public interface Launcher {
        List<String> command(List<String> arguments);
    }

    /** The same, started in another way. */
    ServerProcess(Path directory, Launcher launcher, String... arguments) throws IOException {
        Files.createDirectories(directory);
        String address = "127.0.0.1:" + FreePort.find();
        List<String> line = new ArrayList<>(
                List.of("server", "--data", directory.resolve("data").toString(), "--http", address));
        line.addAll(List.of(arguments));
        this.command = launcher.command(line);
        this.url = "http://" + address;
        this.log = directory.resolve("server.log");
    }

    /** Starts it and waits until it takes writes. */
    public ServerProcess start() throws IOException {
        launch();
        awaitReady();
        return this;
    }

    /** Starts it and returns at once. */
    public void launch() throws IOException {
        process = Program.start(command, log);
    }

    /** Waits until it takes writes. */
    public void awaitReady() {
        awaitPage("/readyz");
    }

    /** Waits until it answers, whether it takes writes or not. */
    public void awaitLive() {
        awaitPage("/livez");
    }

    private void awaitPage(String path) {
        try (VarveClient client = client()) {
            await(path, () -> answers(client, path));
        }
    }

    /**
     * Waits for something that the running server brings about.
     *
     * @param what names it in the failure of a test that has waited too long, or whose server has ended
     */
    public void await(String what, BooleanSupplier condition) {
        await(what, POLL, condition);
    }

    /**
     * The same, looking less often: where what is looked at costs the server something, and its speed is of interest.
     *
     * @param pause between one look and the next
     */
    void await(String what, Duration pause, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Program.PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(running().isAlive())
                    .as(() -> "the server is alive; waiting for: " + what + "\n" + log())
                    .isTrue();
            assertThat(System.nanoTime() - deadline)
                    .as(() -> "time is left; waiting for: " + what + "\n" + log())
                    .isNegative();
            LockSupport.parkNanos(pause.toNanos());
        }
    }

    private static boolean answers(VarveClient client, String path) {
        try {
            return client.page(path).status() == 200;
        } catch (UnreachableException notListening) {
            return false;
        }
    }

    /** Ends it with SIGKILL. */
    public void kill() {
        running().destroyForcibly().onExit().join();
    }

    /** Ends it with SIGTERM, and returns its exit code. */
    public int stop() throws InterruptedException {
        running().destroy();
        return Program.exitCode(running());
    }

    /** Waits until it has ended by itself, and returns its exit code. */
    int awaitEnd() throws InterruptedException {
        return Program.exitCode(running());
    }

    private Process running() {
        if (process == null) {
            throw new IllegalStateException("not started");
        }
        return process;
    }

    /** False if it has ended by itself, or was not started. */
    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** Of the running process. */
    public long pid() {
        return running().pid();
    }

    /** {@code http://HOST:PORT}. */
    public String url() {
        return url;
    }

    /** A new client; to be closed. */
    public VarveClient client() {
        return VarveClient.connect(url);
    }

    /** The value of a metric without labels. */
    public double metric(VarveClient client, String name) {
        return client.page("/metrics")
                .text()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    /** All that it printed, in all its lives. */
    public String log() {
        try {
            return Files.readString(log, UTF_8);
        } catch (IOException e) {
            return "no log: " + e;
        }
    }

    /** Ends it with SIGKILL if it runs. */
    @Override
    public void close() {
        if (process != null) {
            kill();
        }
    }
}
