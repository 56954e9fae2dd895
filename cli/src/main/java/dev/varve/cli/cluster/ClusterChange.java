package dev.varve.cli.cluster;

import dev.varve.cli.ConnectionOptions;
import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.client.PercentEncoding;
import dev.varve.client.VarveClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the commands have in common that change a cluster: any node takes them, and brings them to the leader. */
abstract sealed class ClusterChange implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    private ClusterChange(Console console) {
        this.console = console;
    }

    /** Sends the request and says what is so now. */
    int change(String method, String target, String words) throws IOException {
        try (VarveClient client = connection.connect()) {
            client.change(method, target);
        }
        console.println(words);
        return ExitCode.OK;
    }

    private static String encode(String id) {
        return PercentEncoding.encode(id.getBytes(StandardCharsets.UTF_8));
    }

    /** Lets a node join. */
    @Command(
            name = "add",
            description = {
                "Lets a node join the cluster: it becomes a member as soon as it has caught up, which 'varve cluster status' shows.",
                "Start it with an empty data directory, a --node-id of its own, and the members in --peers."
            })
    static final class Add extends ClusterChange {

        @Parameters(paramLabel = "ID", description = "The --node-id of the node.")
        private String id = "";

        @Option(
                names = "--learner",
                description = "As a learner: it has all data, and does not vote until it is promoted.")
        private boolean learner;

        Add(Console console) {
            super(console);
        }

        @Override
        public Integer call() throws IOException {
            String target = "/v1/cluster/members?id=" + encode(id) + (learner ? "&learner=true" : "");
            return change("POST", target, id + " may join" + (learner ? " as a learner." : "."));
        }
    }

    /** Lets a learner vote. */
    @Command(
            name = "promote",
            description = "Lets a learner vote. One that is far behind is brought up to date first, in the background.")
    static final class Promote extends ClusterChange {

        @Parameters(paramLabel = "ID", description = "The --node-id of the node.")
        private String id = "";

        Promote(Console console) {
            super(console);
        }

        @Override
        public Integer call() throws IOException {
            return change("POST", "/v1/cluster/members/" + encode(id) + "/promote", id + " votes from now on.");
        }
    }

    /** Removes a member. */
    @Command(
            name = "remove",
            description = {
                "Removes a member, dead or alive. Nothing is deleted on it: it says that it was removed, and can be stopped. It does not"
                        + " come back until it is added, whoever leads.",
                "If it leads, another node takes over."
            })
    static final class Remove extends ClusterChange {

        @Parameters(paramLabel = "ID", description = "The --node-id of the node.")
        private String id = "";

        Remove(Console console) {
            super(console);
        }

        @Override
        public Integer call() throws IOException {
            return change("DELETE", "/v1/cluster/members?id=" + encode(id), id + " is no member any more.");
        }
    }

    /** Moves leadership. */
    @Command(
            name = "transfer",
            description =
                    "Has another member lead: the named one, or the one that has most of the log. Takes a moment, in which"
                            + " requests wait.")
    static final class Transfer extends ClusterChange {

        @Parameters(paramLabel = "ID", arity = "0..1", description = "The --node-id of the node that is to lead.")
        private @Nullable String id;

        Transfer(Console console) {
            super(console);
        }

        @Override
        public Integer call() throws IOException {
            String to = id;
            return change(
                    "POST",
                    "/v1/cluster/transfer-leadership" + (to == null ? "" : "?to=" + encode(to)),
                    "Leadership moves to " + (to == null ? "another member." : to + "."));
        }
    }
}
