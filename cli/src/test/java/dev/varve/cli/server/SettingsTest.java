package dev.varve.cli.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cli.Sizes;
import dev.varve.cli.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

class SettingsTest {

    @Command(mixinStandardHelpOptions = true)
    private static final class Subject {
        @Option(names = {"-c", "--config"})
        @SuppressWarnings("UnusedVariable") // Settings reads it by way of the option.
        private @Nullable Path config;

        @Option(names = "--max-value", converter = Sizes.class, defaultValue = "1k")
        private long maxValue;

        @Option(names = "--node-id", defaultValue = "node1")
        private String nodeId = "";

        @Option(names = "--connections", defaultValue = "5")
        private int connections;

        @Option(names = "--insecure")
        private boolean insecure;
    }

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void name() {
        file = directory.resolve("varve.yaml");
    }

    private static Subject fill(Map<String, String> environment, String... arguments) {
        Subject subject = new Subject();
        CommandLine commandLine = new CommandLine(subject);
        commandLine.parseArgs(arguments);
        Settings.fill(commandLine.getCommandSpec(), environment);
        return subject;
    }

    private Subject fillFrom(String yaml) throws IOException {
        Files.writeString(file, yaml);
        return fill(Map.of(), "--config", file.toString());
    }

    @Test
    void theCommandLineWinsOverTheEnvironmentAndThatOverTheFileAndThatOverTheDefault() throws IOException {
        Files.writeString(file, "max-value: 2k\nnode-id: file\nconnections: 7\ninsecure: true\n");
        Map<String, String> environment = Map.of("VARVE_MAX_VALUE", "3k", "VARVE_NODE_ID", "environment");
        Subject subject = fill(environment, "--config", file.toString(), "--max-value", "4k");
        assertThat(subject.maxValue).isEqualTo(4096);
        assertThat(subject.nodeId).isEqualTo("environment");
        assertThat(subject.connections).isEqualTo(7);
        assertThat(subject.insecure).isTrue();
        assertThat(fill(Map.of()).maxValue).isEqualTo(1024);
        assertThat(fill(Map.of("VARVE_NODE_ID", "")).nodeId).isEqualTo("node1");
    }

    @Test
    void theFileMayBeNamedByTheEnvironment() throws IOException {
        Files.writeString(file, "node-id: file\n");
        assertThat(fill(Map.of("VARVE_CONFIG", file.toString())).nodeId).isEqualTo("file");
    }

    @Test
    void anUnknownNameIsAnErrorThatNamesTheNearest() {
        assertThatThrownBy(() -> fillFrom("max-valeu: 1k\n"))
                .isInstanceOf(Usage.class)
                .hasMessageContaining("'max-valeu'")
                .hasMessageContaining("'max-value'");
        for (String notForFiles : List.of("config", "help", "version", "--node-id")) {
            assertThatThrownBy(() -> fillFrom(notForFiles + ": x\n")).isInstanceOf(Usage.class);
        }
    }

    @Test
    void aWrongValueIsNamedWithItsPlace() {
        assertThatThrownBy(() -> fillFrom("max-value: much\n"))
                .isInstanceOf(Usage.class)
                .hasMessageContaining(file + ": max-value: ")
                .hasMessageContaining("'much'");
        assertThatThrownBy(() -> fill(Map.of("VARVE_CONNECTIONS", "x")))
                .isInstanceOf(Usage.class)
                .hasMessageContaining("VARVE_CONNECTIONS");
        assertThatThrownBy(() -> fill(Map.of("VARVE_INSECURE", "yes"))).isInstanceOf(Usage.class);
    }

    @Test
    void whatIsNoFileOfNamesAndValuesIsRefused() {
        for (String yaml : List.of("- a\n", "node-id: [a]\n", "node-id:\n", "node-id: a\nnode-id: b\n", "{", "text")) {
            assertThatThrownBy(() -> fillFrom(yaml)).as(yaml).isInstanceOf(Usage.class);
        }
        assertThatThrownBy(() -> fill(Map.of(), "--config", "/no/such/file"))
                .isInstanceOf(Usage.class)
                .hasMessageContaining("/no/such/file");
    }

    @Test
    void anEmptyFileSetsNothing() throws IOException {
        assertThat(fillFrom("# nothing\n").nodeId).isEqualTo("node1");
    }

    @Test
    void addressesAreHostAndPort() {
        HostPort.Converter converter = new HostPort.Converter();
        assertThat(converter.convert("localhost:80")).isEqualTo(new HostPort("localhost", 80));
        assertThat(converter.convert("[::1]:0"))
                .isEqualTo(new HostPort("::1", 0))
                .hasToString("[::1]:0");
        for (String wrong : List.of("", "8080", ":8080", "a:", "a:65536", "::1:80", "a:b")) {
            assertThatThrownBy(() -> converter.convert(wrong)).as(wrong).isInstanceOf(RuntimeException.class);
        }
    }

    @Test
    void distanceCountsEdits() {
        assertThat(Settings.distance("kitten", "sitting")).isEqualTo(3);
        assertThat(Settings.distance("", "abc")).isEqualTo(3);
        assertThat(Settings.distance("abc", "abc")).isZero();
    }
}
