package dev.varve.cli.cluster;

import dev.varve.cli.ConnectionOptions;
import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.cli.OutputFormat;
import dev.varve.client.VarveClient;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Tells who belongs to a cluster, who leads, and where each node stands. */
@Command(
        name = "status",
        description = {
            "Tells who belongs to the cluster, who leads, and how far each node is behind, as the first server of --url that"
                    + " answers sees it.",
            "Exit code 1: nobody leads, or a node is not reachable or no member yet."
        })
public final class ClusterStatusCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "table, or json (raw is the same): the answer of /v1/cluster. Default: ${DEFAULT-VALUE}.")
    private OutputFormat format = OutputFormat.TABLE;

    public ClusterStatusCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        String page;
        try (VarveClient client = connection.connect()) {
            page = ConnectionOptions.page(client, "/v1/cluster");
        }
        ClusterStatus status = ClusterStatus.parse(page);
        if (format == OutputFormat.TABLE) {
            print(status);
        } else {
            console.println(page.strip());
        }
        return status.isWhole() ? ExitCode.OK : ExitCode.FAILED;
    }

    private void print(ClusterStatus status) throws IOException {
        console.println(
                status.cluster() == null
                        ? "served alone by " + status.node()
                        : "cluster " + status.cluster() + ", term " + status.term() + ", as " + status.node()
                                + " sees it");
        for (ClusterStatus.Member member : status.members()) {
            String state = member.reachable()
                    ? member.role()
                            + (member.voter() ? "" : member.learner() ? ", learner" : ", no member yet")
                            + (member.trouble().isEmpty() ? "" : ", " + member.trouble())
                    : "NOT REACHABLE" + (member.trouble().isEmpty() ? "" : ": " + member.trouble());
            console.println(String.format(
                    Locale.ROOT,
                    "  %-12s %-28s applied %,d, %,d behind; %s",
                    member.id(),
                    member.http().isEmpty() ? "-" : "http://" + member.http(),
                    member.appliedIndex(),
                    member.lag(),
                    state));
        }
        if (status.leader() == null) {
            console.println("  nobody leads");
        }
    }
}
