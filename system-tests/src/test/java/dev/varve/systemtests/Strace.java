package dev.varve.systemtests;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Changes what system calls do to a running server. Where there is no strace, or it may not trace, a test that wants it is skipped. */
final class Strace implements AutoCloseable {

    private final Process process;

    private Strace(Process process) {
        this.process = process;
    }

    /**
     * Attaches to all threads of a server; when this returns, each fdatasync has the effect.
     *
     * @param directory for what strace prints
     * @param effect as strace has it, such as {@code error=EIO}
     */
    static Strace onEverySync(ServerProcess server, Path directory, String effect)
            throws IOException, InterruptedException {
        assumeThat(onPath())
                .as("There is no strace on the PATH: install the package of that name.")
                .isTrue();
        Path output = directory.resolve("strace.log");
        Process strace = Program.start(
                List.of(
                        "strace",
                        "-f",
                        "-p",
                        "" + server.pid(),
                        "-o",
                        "/dev/null",
                        "-e",
                        "trace=fdatasync",
                        "-e",
                        "inject=fdatasync:" + effect),
                output);
        server.await(
                "strace is attached", () -> !strace.isAlive() || read(output).contains("attached"));
        assumeThat(strace.waitFor(0, TimeUnit.SECONDS))
                .as(() -> "strace may not trace a process of its own user here: " + read(output))
                .isFalse();
        return new Strace(strace);
    }

    private static boolean onPath() {
        return List.of(System.getenv().getOrDefault("PATH", "").split(":")).stream()
                .anyMatch(place -> Files.isExecutable(Path.of(place, "strace")));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Detaches; system calls have their usual effect again when this returns. */
    void detach() throws InterruptedException {
        process.destroy();
        Program.exitCode(process);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
