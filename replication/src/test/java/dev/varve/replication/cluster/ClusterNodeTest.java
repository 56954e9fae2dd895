package dev.varve.replication.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.CommandCallback;
import dev.varve.replication.sequencer.Condition;
import dev.varve.replication.sequencer.RequestId;
import dev.varve.storage.Durability;
import dev.varve.storage.StoreException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ClusterNodeTest {

    private static final byte[] KEY = "k".getBytes(UTF_8);

    /** How a command ended: its revision, or in words. */
    private static String write(ClusterNode node, Command command) throws Exception {
        CompletableFuture<String> ended = new CompletableFuture<>();
        node.submit(
                command, Durability.MAJORITY, System.nanoTime() + TimeUnit.SECONDS.toNanos(60), new CommandCallback() {
                    @Override
                    public void committed(long revision) {
                        ended.complete("revision " + revision);
                    }

                    @Override
                    public void conditionFailed(Condition failed, long currentRevision) {
                        ended.complete("refused at " + currentRevision);
                    }

                    @Override
                    public void failed(StoreException failure) {
                        ended.complete(failure.kind() + ": " + failure.getMessage());
                    }
                });
        return ended.get(90, TimeUnit.SECONDS);
    }

    private static Command named(String name, Command command) {
        return command.named(RequestId.ofClient(name.getBytes(UTF_8), command));
    }

    private static Command put(String value) {
        return Command.put(KEY, value.getBytes(UTF_8));
    }

    @Test
    void aRepeatedRequestGetsTheSameAnswerOnEveryNodeAndAfterFailoverAndRestart() throws Exception {
        try (InProcessCluster cluster = new InProcessCluster()) {
            String leader = cluster.awaitLeader(null);
            String follower = cluster.other(leader);
            Command request = named("a", put("one"));
            Command refusal = named("b", Command.deleteExisting("nothing".getBytes(UTF_8)));
            String first = write(cluster.node(follower), request);
            assertThat(first).startsWith("revision");
            assertThat(write(cluster.node(leader), refusal)).isEqualTo("refused at 0");
            assertThat(write(cluster.node(leader), put("two"))).startsWith("revision");
            assertThat(write(cluster.node(leader), Command.put("nothing".getBytes(UTF_8), new byte[1])))
                    .startsWith("revision");

            assertThat(write(cluster.node(leader), request)).isEqualTo(first);
            cluster.stop(leader);
            String successor = cluster.awaitLeader(leader);
            assertThat(write(cluster.node(successor), request)).isEqualTo(first);
            assertThat(write(cluster.node(cluster.other(successor)), refusal)).isEqualTo("refused at 0");

            cluster.stopAll();
            cluster.startAll();
            for (String node : InProcessCluster.NAMES) {
                assertThat(write(cluster.node(node), request)).as(node).isEqualTo(first);
                assertThat(write(cluster.node(node), refusal)).as(node).isEqualTo("refused at 0");
            }
            String leads = cluster.awaitLeader(null);
            assertThat(Objects.requireNonNull(cluster.node(leads).store().get(KEY)))
                    .isEqualTo("two".getBytes(UTF_8));
        }
    }
}
