package dev.varve.cli.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cli.ExitCode;
import dev.varve.cli.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node says whose files are not as they should be; it never gets as far as the directory of its store. */
class PeerCredentialsTest {

    private static final String[] NODE = {"--raft=127.0.0.1:0", "--node-id=a", "--bootstrap"};

    @TempDir
    private Path directory;

    private final Shell shell = new Shell();

    /** What is said of a start with these options besides those of a node. */
    private String refused(String... options) {
        List<String> line = new ArrayList<>(
                List.of("server", "--data", directory.resolve("data").toString(), "--http=127.0.0.1:0"));
        line.addAll(List.of(NODE));
        line.addAll(List.of(options));
        assertThat(shell.run(line.toArray(String[]::new))).isNotEqualTo(ExitCode.OK);
        assertThat(directory.resolve("data")).doesNotExist();
        return shell.err();
    }

    private Path file(String name, String content, String mode) throws IOException {
        Path file = directory.resolve(name);
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        return file;
    }

    @Test
    void aSecretMustBeHiddenFromOthersAndLongEnough() throws IOException {
        String secret = "0123456789abcdef";
        assertThat(refused("--cluster-secret-file=" + directory.resolve("none")))
                .contains("does not exist");
        assertThat(refused("--cluster-secret-file=" + file("open", secret, "rw-r--r--")))
                .contains("is open to everybody on this machine (rw-r--r--): chmod 600")
                .doesNotContain(secret);
        assertThat(refused("--cluster-secret-file=" + file("short", "0123456789abcde\n\n", "rw-------")))
                .contains("--cluster-secret-file")
                .contains("has 15 characters");
    }

    @Test
    void theSecretMayBeNamedInTheEnvironment() throws IOException {
        shell.environment.put(
                "VARVE_CLUSTER_SECRET_FILE", file("short", "123", "rw-------").toString());
        assertThat(refused()).contains("has 3 characters");
    }

    @Test
    void theFilesOfTlsMustBeThereTogetherAndTheKeyHidden() throws IOException {
        Path some = file("some", "no PEM", "rw-r--r--");
        assertThat(refused("--raft-tls-cert=" + some)).contains("are given together");
        assertThat(refused("--raft-tls-cert=" + some, "--raft-tls-key=" + some, "--raft-tls-ca=" + some))
                .contains("of --raft-tls-key is open to everybody");
        Path key = file("key", "no PEM", "rw-------");
        assertThat(refused("--raft-tls-cert=" + some, "--raft-tls-key=" + key, "--raft-tls-ca=" + some))
                .contains("there is no certificate in the file of --raft-tls-cert");
    }

    @Test
    void theyAreForNodesOfAClusterOnly() throws IOException {
        String secret = "--cluster-secret-file=" + file("secret", "0123456789abcdef", "rw-------");
        assertThat(shell.run("server", "--data", directory.resolve("data").toString(), secret))
                .isEqualTo(ExitCode.USAGE);
        assertThat(shell.err()).contains("--raft HOST:PORT");
    }
}
