package dev.varve.cli.cluster;

import dev.varve.cli.Console;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The commands about a cluster stand under this one. */
@Command(
        name = "cluster",
        description = "Looks at a cluster, and changes who belongs to it.",
        synopsisSubcommandLabel = "COMMAND")
public final class ClusterCommand implements Runnable {

    /** The command with those under it. */
    public static CommandLine with(Console console) {
        return new CommandLine(new ClusterCommand())
                .addSubcommand(new ClusterStatusCommand(console))
                .addSubcommand(new ClusterChange.Add(console))
                .addSubcommand(new ClusterChange.Promote(console))
                .addSubcommand(new ClusterChange.Remove(console))
                .addSubcommand(new ClusterChange.Transfer(console))
                .addSubcommand(new ClusterVerifyCommand(console));
    }

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command.");
    }
}
