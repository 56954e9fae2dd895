package dev.varve.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.varve.client.VarveClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sources of the JDK, imported through a server that is killed on the way, come out as they went in. */
class ImportTest {

    private static final Path SOURCES = Program.javaHome().resolve("lib/src.zip");

    @TempDir
    private Path directory;

    private Path output = Path.of("");

    @BeforeEach
    void findSources() {
        assumeThat(SOURCES)
                .as("The JDK at %s has no lib/src.zip, the input of this test: use one that has its sources.", SOURCES)
                .exists();
        output = directory.resolve("commands.log");
    }

    @Test
    void anImportGoesOnAfterItsServerAndThenItselfWereKilled() throws Exception {
        long files = countFiles(SOURCES);
        List<String> line = List.of(
                "import", SOURCES.toString(), "--parallel=16", "--wait=2m", "--resume=" + directory.resolve("journal"));
        Path exported = directory.resolve("exported.zip");
        try (ServerProcess server = new ServerProcess(directory, List.of("-Xmx256m")).start()) {
            Process first = start(server, line);
            awaitRevision(server, files / 4);
            server.kill();
            server.start();
            awaitRevision(server, files / 2);
            first.destroyForcibly().waitFor();
            server.kill();
            server.start();
            assertThat(Program.exitCode(start(server, line))).as(output()).isZero();
            assertThat(output()).contains("were there from an earlier run");
            assertThat(Program.exitCode(start(server, List.of("export", exported.toString()))))
                    .as(output())
                    .isZero();
        }
        assertThat(countFiles(exported)).isEqualTo(files);
        assertThat(differences(exported)).isEmpty();
    }

    private Process start(ServerProcess server, List<String> arguments) throws IOException {
        List<String> line = new ArrayList<>(arguments);
        line.addAll(List.of("--url", server.url()));
        return Program.start(Program.command(List.of("-Xmx256m"), line), output);
    }

    private String output() throws IOException {
        return Files.readString(output);
    }

    private static void awaitRevision(ServerProcess server, long revision) {
        try (VarveClient client = server.client()) {
            server.await("revision " + revision, () -> server.metric(client, "varve_revision") >= revision);
        }
    }

    private static long countFiles(Path zip) throws IOException {
        try (ZipFile file = new ZipFile(zip.toFile())) {
            return file.stream().filter(entry -> !entry.isDirectory()).count();
        }
    }

    /** Names of the files whose bytes are not those of the sources. */
    private static List<String> differences(Path zip) throws IOException {
        List<String> different = new ArrayList<>();
        try (ZipFile wanted = new ZipFile(SOURCES.toFile());
                ZipFile found = new ZipFile(zip.toFile())) {
            for (ZipEntry entry : wanted.stream().filter(e -> !e.isDirectory()).toList()) {
                ZipEntry same = found.getEntry(entry.getName());
                if (same == null || !Arrays.equals(bytes(wanted, entry), bytes(found, same))) {
                    different.add(entry.getName());
                }
            }
        }
        return different;
    }

    private static byte[] bytes(ZipFile zip, ZipEntry entry) throws IOException {
        try (var stream = zip.getInputStream(entry)) {
            return stream.readAllBytes();
        }
    }
}
