package dev.varve.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, with a build that is there already and a JVM that only shows its arguments. */
class LauncherTest {

    @TempDir
    private Path directory;

    private Path root = Path.of("");

    @BeforeEach
    void build() throws IOException {
        root = Files.createDirectories(directory.resolve("clone"));
        Files.copy(Path.of("..", "varve"), root.resolve("varve"));
        Files.writeString(root.resolve("pom.xml"), "");
        Path build = Files.createDirectories(root.resolve("target/launcher/build-1"));
        Files.writeString(build.resolve("classpath"), "varve-cli.jar\n");
        Files.writeString(build.resolveSibling("current"), "build-1\n");
        Path jdk = Files.createDirectories(directory.resolve("jdk/bin"));
        for (String tool : List.of("java", "javac")) {
            Files.writeString(jdk.resolve(tool), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
            assertThat(jdk.resolve(tool).toFile().setExecutable(true)).isTrue();
        }
        Files.writeString(directory.resolve("jdk/release"), "JAVA_VERSION=\"25\"\n");
    }

    /** The arguments of the JVM. */
    private List<String> launch(Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("bash", root.resolve("varve").toString()));
        command.addAll(List.of(arguments));
        Path output = directory.resolve("output");
        ProcessBuilder process = new ProcessBuilder(command).redirectOutput(output.toFile());
        process.environment().keySet().removeIf(name -> name.startsWith("VARVE_"));
        process.environment().put("JAVA_HOME", directory.resolve("jdk").toString());
        process.environment().putAll(environment);
        assertThat(Program.exitCode(process.start())).isZero();
        return Files.readAllLines(output);
    }

    private String heap(Map<String, String> environment, String... arguments) throws Exception {
        return String.join(
                " ",
                launch(environment, arguments).stream()
                        .filter(argument -> argument.startsWith("-Xmx"))
                        .toList());
    }

    @Test
    void threeEighthsOfTheMemoryAreTheHeap() throws Exception {
        assertThat(heap(Map.of(), "server", "--memory", "512MiB")).isEqualTo("-Xmx192m");
        assertThat(heap(Map.of(), "server", "--memory=4g")).isEqualTo("-Xmx1536m");
        assertThat(heap(Map.of(), "server", "--memory=1073741824")).isEqualTo("-Xmx384m");
        assertThat(heap(Map.of(), "server", "--memory=8MiB"))
                .as("what a JVM needs to start")
                .isEqualTo("-Xmx32m");
    }

    @Test
    void theCommandLineWinsThenTheEnvironmentThenTheFile() throws Exception {
        Path config = Files.writeString(directory.resolve("varve.yaml"), "http: 127.0.0.1:0\nmemory: 1GiB # enough\n");
        assertThat(heap(Map.of(), "server", "--config", config.toString())).isEqualTo("-Xmx384m");
        assertThat(heap(Map.of("VARVE_CONFIG", config.toString()), "server")).isEqualTo("-Xmx384m");
        Map<String, String> environment = Map.of("VARVE_MEMORY", "2GiB", "VARVE_CONFIG", config.toString());
        assertThat(heap(environment, "server")).isEqualTo("-Xmx768m");
        assertThat(heap(environment, "server", "--memory=512MiB")).isEqualTo("-Xmx192m");
    }

    @Test
    void withoutABudgetOrAServerTheJvmDecides() throws Exception {
        assertThat(heap(Map.of(), "server")).isEmpty();
        assertThat(heap(Map.of("VARVE_MEMORY", "512MiB"), "get", "key")).isEmpty();
        assertThat(heap(Map.of(), "server", "--memory=much"))
                .as("of which the program complains")
                .isEmpty();
    }

    @Test
    void optionsOfTheUserWin() throws Exception {
        assertThat(heap(Map.of("VARVE_JAVA_OPTS", "-Xmx1g"), "server", "--memory=512MiB"))
                .isEqualTo("-Xmx192m -Xmx1g");
    }
}
