package dev.varve.systemtests.chaos;

import dev.varve.systemtests.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Programs of the system that faults need; what they print goes to one file. */
final class Tools {

    private static final Path FAKETIME = Path.of("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1");

    private final Path output;

    Tools(Path directory) {
        this.output = directory.resolve("tools.log");
    }

    static boolean onPath(String tool) {
        return List.of(System.getenv().getOrDefault("PATH", "").split(":")).stream()
                .anyMatch(place -> Files.isExecutable(Path.of(place, tool)));
    }

    /** The library that shows a process another time of day, where it is installed. */
    static List<Path> faketime() {
        return Files.isReadable(FAKETIME) ? List.of(FAKETIME) : List.of();
    }

    /** Runs a command to its end; true if it succeeded. */
    boolean run(String... command) throws IOException, InterruptedException {
        return Program.exitCode(start(command)) == 0;
    }

    Process start(String... command) throws IOException {
        return Program.start(List.of(command), output);
    }
}
