package dev.varve.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** Says which Varve this is, and on which machine it runs: the first line of every report of a fault. */
final class VersionProvider implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = Objects.requireNonNullElse(Main.class.getPackage().getImplementationVersion(), "unpackaged");
        return new String[] {
            "varve %s (Java %s, %s %s)"
                    .formatted(version, Runtime.version(), System.getProperty("os.name"), System.getProperty("os.arch"))
        };
    }
}
