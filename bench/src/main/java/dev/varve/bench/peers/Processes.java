package dev.varve.bench.peers;

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
final class Processes implements AutoCloseable {

    private static final long END_SECONDS = 10;
    private static final int REMOVE_ATTEMPTS = 20;
    private static final int TAIL_LINES = 5;

    private final Path directory;
    private final Set<Process> running = new HashSet<>();
    private boolean closed;

    Processes(Path directory) {
        this.directory = directory;
    }

    /** Where each program runs. */
    Path directory() {
        return directory;
    }

    /** Starts a program that runs until it is stopped. Its output goes to {@code NAME.log}. */
    synchronized Process start(String name, List<String> command) {
        if (closed) {
            throw new Failure("Interrupted.");
        }
        try {
            Process process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log(name).toFile())
                    .start();
            running.add(process);
            return process;
        } catch (IOException e) {
            throw new Failure("Cannot start " + command.getFirst() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Runs a program to its end.
     *
     * @return the lines that it printed
     * @throws Failure if it fails or does not end in time
     */
    List<String> run(String name, List<String> command, long timeoutSeconds) {
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
    String tail(String name) {
        try {
            List<String> lines = Files.readAllLines(log(name));
            return String.join(" | ", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
        } catch (IOException e) {
            return "its output cannot be read: " + e.getMessage();
        }
    }

    private Path log(String name) {
        return directory.resolve(name + ".log");
    }

    /** Ends a program and waits for its end. */
    void stop(Process process) {
        synchronized (this) {
            running.remove(process);
        }
        process.destroy();
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
    synchronized void remove(String name) throws IOException {
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
