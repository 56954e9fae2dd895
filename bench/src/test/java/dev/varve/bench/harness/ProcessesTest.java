package dev.varve.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cli.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessesTest {

    @TempDir
    private Path parent;

    private Processes processes() throws IOException {
        return new Processes(Files.createDirectory(parent.resolve("run")));
    }

    @Test
    void whatAProgramPrintsIsReturned() throws IOException {
        try (Processes processes = processes()) {
            assertThat(processes.run("echo", List.of("echo", "one"), 30)).containsExactly("one");
        }
    }

    @Test
    void aProgramThatFailsIsToldWithItsLastWords() throws IOException {
        try (Processes processes = processes()) {
            assertThatThrownBy(() -> processes.run("words", List.of("sh", "-c", "echo oh; exit 3"), 30))
                    .isInstanceOf(Failure.class)
                    .hasMessage("words failed: oh");
        }
    }

    @Test
    void nothingRunsOrStartsOnceClosedAndNoFileIsLeft() throws IOException {
        Processes processes = processes();
        Process sleeper = processes.start("sleep", List.of("sleep", "600"));
        assertThat(sleeper.isAlive()).isTrue();
        processes.close();
        processes.close();
        assertThat(sleeper.isAlive()).isFalse();
        assertThatThrownBy(() -> processes.start("sleep", List.of("sleep", "600")))
                .isInstanceOf(Failure.class);
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void aDirectoryIsRemovedWithWhatIsInIt() throws IOException {
        try (Processes processes = processes()) {
            Path data = processes.directory().resolve("data");
            Files.createDirectories(data.resolve("below"));
            Files.writeString(data.resolve("below/file"), "x");
            processes.remove("data");
            processes.remove("data");
            assertThat(data).doesNotExist();
        }
    }
}
