package dev.varve.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The program under test as processes of their own: what the launcher starts, with the classes of this build. */
public final class Program {

    /** How long anything may take before a test gives up: long enough for a machine under any load. */
    public static final int PATIENCE_SECONDS = 120;

    private Program() {}

    /** The command line that the launcher becomes. */
    public static List<String> command(List<String> jvmOptions, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                javaHome().resolve("bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseG1GC",
                "-XX:+ExitOnOutOfMemoryError"));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.varve.cli.Main"));
        command.addAll(arguments);
        return command;
    }

    /** The launcher itself, which becomes the JVM; it builds the program first if that is not built. */
    static List<String> launcher(List<String> arguments) {
        List<String> command = new ArrayList<>(
                List.of(Path.of("..", "varve").toAbsolutePath().normalize().toString()));
        command.addAll(arguments);
        return command;
    }

    /** The JDK of this run. */
    public static Path javaHome() {
        return Path.of(System.getProperty("java.home"));
    }

    /** Starts a process that appends all it prints to a file. */
    public static Process start(List<String> command, Path output) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(output.toFile()))
                .start();
    }

    /** Waits for the end of a process. */
    public static int exitCode(Process process) throws InterruptedException {
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .as("%s has ended", process)
                .isTrue();
        return process.exitValue();
    }
}
