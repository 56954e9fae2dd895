package dev.varve.bench.harness;

import dev.varve.cli.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * The programs that were started, none of which outlives this process: closing ends them, and so does a signal. Their working
 * directory holds their output and is theirs to fill; it goes with them.
 *
 * <p>Thread-safe.
 */
public final class Processes implements AutoCloseable {

    private static final long END_SECONDS = 10;
    private static final long SYNC_SECONDS_MAX = 60;
    private static final int REMOVE_ATTEMPTS = 20;
    private static final int TAIL_LINES = 5;

    private final Path directory;
    private final Set<Process> running = new HashSet<>();
    private boolean closed;

    /** Of programs that run in a directory, which exists. */
    public Processes(Path directory) {
        this.directory = directory;
    }

    /**
     * Of programs that run in a new directory below the given one. A signal, or the end of this process, ends them and removes
     * it.
     */
    public static Processes below(Path parent) throws IOException {
        Files.createDirectories(parent);
        Processes processes = new Processes(Files.createTempDirectory(parent, "run-"));
        Runtime.getRuntime().addShutdownHook(new Thread(processes::closeAtLast));
        return processes;
    }

    private void closeAtLast() {
        try {
            close();
        } catch (IOException e) {
            System.err.println("cannot remove " + directory + ": " + e.getMessage());
        }
    }

    /** Where each program runs. */
    public Path directory() {
        return directory;
    }

    /** Starts a program that runs until it is stopped. Its output goes to {@code NAME.log}. */
    public Process start(String name, List<String> command) {
        return start(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log(name).toFile()));
    }

    /** Starts a program that is talked to: only its standard error goes to {@code NAME.log}. */
    public Process startTalking(String name, List<String> command) {
        return start(new ProcessBuilder(command).redirectError(log(name).toFile()));
    }

    private synchronized Process start(ProcessBuilder program) {
        if (closed) {
            throw new Failure("Interrupted.");
        }
        try {
            Process process = program.directory(directory.toFile()).start();
            running.add(process);
            return process;
        } catch (IOException e) {
            throw new Failure("Cannot start " + program.command().getFirst() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Runs a program to its end.
     *
     * @return the lines that it printed
     * @throws Failure if it fails or does not end in time
     */
    public List<String> run(String name, List<String> command, long timeoutSeconds) {
        Process process = start(name, command);
        try {
            if (!process.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
                throw new Failure(name + " did not end within " + timeoutSeconds + " s.");
            }
            if (process.exitValue() != 0) {
                throw new Failure(name + " failed: " + tail(name));
            }
            return Files.readAllLines(log(name));
        } catch (InterruptedException e) {
            throw new Failure("Interrupted.", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            stop(process);
        }
    }

    /** The last lines that a program printed, in one. */
    public String tail(String name) {
        try {
            List<String> lines = Files.readAllLines(log(name));
            return String.join(" | ", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
        } catch (IOException e) {
            return "its output cannot be read: " + e.getMessage();
        }
    }

    /** Has the disk done with what was written before, so that nobody pays for the one before it. */
    public void settle() {
        run("sync", List.of("sync", "--file-system", directory.toString()), SYNC_SECONDS_MAX);
    }

    /** Where what a program prints goes. */
    public Path log(String name) {
        return directory.resolve(name + ".log");
    }

    /** Ends a program and waits for its end. */
    public void stop(Process process) {
        synchronized (this) {
            running.remove(process);
        }
        process.destroy();
        awaitEnd(process);
    }

    /** Ends a program with SIGKILL, which it does not notice, and waits for its end. */
    public void kill(Process process) {
        synchronized (this) {
            running.remove(process);
        }
        process.destroyForcibly();
        awaitEnd(process);
    }

    private static void awaitEnd(Process process) {
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor(END_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** Removes a directory of the working directory with everything in it. Once closed it does nothing: closing does it. */
    public synchronized void remove(String name) throws IOException {
        if (!closed) {
            deleteTree(directory.resolve(name));
        }
    }

    private static void deleteTree(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * Ends everything that runs and removes the working directory; nothing can be started any more. Closing again does nothing.
     */
    @Override
    public void close() throws IOException {
        List<Process> left;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            left = new ArrayList<>(running);
            running.clear();
        }
        left.forEach(Process::destroy);
        left.forEach(Processes::awaitEnd);
        for (int attempt = 1; ; attempt++) {
            try {
                deleteTree(directory);
                return;
            } catch (IOException e) {
                // Another thread of this process may be on its way out and hold a file for a moment.
                if (attempt == REMOVE_ATTEMPTS) {
                    throw e;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
            }
        }
    }
}
