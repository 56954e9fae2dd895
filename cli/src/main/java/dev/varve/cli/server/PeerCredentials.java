package dev.varve.cli.server;

import dev.varve.cli.Usage;
import dev.varve.server.ClusterSettings;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options by which nodes prove to each other who they are, and the files that they name. */
final class PeerCredentials {

    private static final long FILE_BYTES_MAX = 1 << 20;

    @Option(
            names = "--cluster-secret-file",
            paramLabel = "FILE",
            description =
                    "A secret of 16 characters or more, by which the nodes of a cluster prove to each other that they belong"
                            + " to it: the same on all.")
    private @Nullable Path secret;

    @Option(
            names = "--raft-tls-cert",
            paramLabel = "FILE",
            description =
                    "Certificate (PEM) of this node, with its --node-id as a DNS name or common name: nodes speak TLS to"
                            + " each other.")
    private @Nullable Path certificate;

    @Option(
            names = "--raft-tls-key",
            paramLabel = "FILE",
            description = "Private key (PEM, PKCS#8 without a password) of --raft-tls-cert.")
    private @Nullable Path key;

    @Option(
            names = "--raft-tls-ca",
            paramLabel = "FILE",
            description =
                    "Certificates (PEM) of the authority that must have signed those of all nodes of the cluster.")
    private @Nullable Path authority;

    /** True if one of the options is given. */
    boolean isGiven() {
        return Stream.of(secret, certificate, key, authority).anyMatch(file -> file != null);
    }

    /** Reads the files. */
    ClusterSettings.Credentials read() {
        Path keyFile = key;
        Path authorityFile = authority;
        ClusterSettings.Tls tls = null;
        if (certificate != null && keyFile != null && authorityFile != null) {
            tls = new ClusterSettings.Tls(
                    text("--raft-tls-cert", certificate),
                    hidden("--raft-tls-key", keyFile),
                    text("--raft-tls-ca", authorityFile));
        } else if (certificate != null || keyFile != null || authorityFile != null) {
            throw new Usage("--raft-tls-cert, --raft-tls-key and --raft-tls-ca are given together, or none of them.");
        }
        // An editor ends a file with a line break, other ways to make one do not.
        return new ClusterSettings.Credentials(
                secret == null ? null : hidden("--cluster-secret-file", secret).strip(), tls);
    }

    /** A file that nobody but its owner and group may read. */
    private static String hidden(String option, Path file) {
        String text = text(option, file);
        try {
            Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
            if (mode.contains(PosixFilePermission.OTHERS_READ) || mode.contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new Usage("The file " + file + " of " + option + " is open to everybody on this machine ("
                        + PosixFilePermissions.toString(mode) + "): chmod 600 " + file);
            }
        } catch (UnsupportedOperationException e) {
            return text; // The file system knows no such thing.
        } catch (IOException e) {
            throw new Usage("The file " + file + " of " + option + " cannot be looked at: " + e + ".");
        }
        return text;
    }

    private static String text(String option, Path file) {
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw new Usage("The file " + file + " of " + option + " has " + Files.size(file)
                        + " bytes, and so is something else; at most " + FILE_BYTES_MAX + " are read.");
            }
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new Usage("The file " + file + " of " + option + " does not exist.");
        } catch (CharacterCodingException e) {
            throw new Usage("The file " + file + " of " + option + " is no text.");
        } catch (IOException e) {
            throw new Usage("The file " + file + " of " + option + " cannot be read: " + e + ".");
        }
    }
}
