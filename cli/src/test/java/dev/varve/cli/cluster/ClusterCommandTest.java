package dev.varve.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cli.FakeServer;
import dev.varve.cli.Shell;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClusterCommandTest {

    private static final String WHOLE = """
            {"cluster":"c1f","node":"n2","leader":"n1","term":4,"members":[
             {"id":"n1","http":"127.0.0.1:8080","role":"leader","voter":true,"reachable":true,"commitIndex":812,"appliedIndex":812,"lag":0,"trouble":null},
             {"id":"n2","http":"127.0.0.1:8081","role":"follower","voter":true,"reachable":true,"commitIndex":812,"appliedIndex":800,"lag":12,"trouble":null}]}
            """;

    private final Shell shell = new Shell();
    private FakeServer server;

    ClusterCommandTest() throws IOException {
        server = new FakeServer();
    }

    @BeforeEach
    void prepare() {
        server.clusterPage = WHOLE;
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private int run(String... arguments) {
        String[] all = new String[arguments.length + 3];
        all[0] = "cluster";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        all[arguments.length + 1] = "--url";
        all[arguments.length + 2] = server.url();
        return shell.run(all);
    }

    @Test
    void theStatusSaysWhoLeadsAndHowFarOthersAreBehind() {
        assertThat(run("status")).isZero();
        assertThat(shell.out()).isEqualTo("""
                        cluster c1f, term 4, as n2 sees it
                          n1           http://127.0.0.1:8080        applied 812, 0 behind; leader
                          n2           http://127.0.0.1:8081        applied 800, 12 behind; follower
                        """);
    }

    @Test
    void theStatusFailsWhereANodeIsMissing() {
        server.clusterPage = WHOLE.replaceFirst(
                "\"reachable\":true,\"commitIndex\":812,\"appliedIndex\":800,\"lag\":12,\"trouble\":null",
                "\"reachable\":false,\"commitIndex\":812,\"appliedIndex\":800,\"lag\":12,\"trouble\":\"refused\"");
        assertThat(run("status")).isEqualTo(1);
        assertThat(shell.out()).contains("NOT REACHABLE: refused");
    }

    @Test
    void aLearnerIsAMemberAsWell() {
        server.clusterPage = WHOLE.replaceFirst(
                "\"role\":\"follower\",\"voter\":true", "\"role\":\"follower\",\"voter\":false,\"learner\":true");
        assertThat(run("status")).isZero();
        assertThat(shell.out()).contains("follower, learner");
    }

    @Test
    void theStatusFailsWhereNobodyLeads() {
        server.clusterPage = WHOLE.replace("\"leader\":\"n1\"", "\"leader\":null");
        assertThat(run("status")).isEqualTo(1);
        assertThat(shell.out()).contains("nobody leads");
    }

    @Test
    void theStatusAsJsonIsTheAnswerOfTheServer() {
        assertThat(run("status", "-o", "json")).isZero();
        assertThat(shell.out().strip()).isEqualTo(WHOLE.strip());
    }

    @Test
    void aStoreThatIsServedAloneSaysSo() {
        server.clusterPage =
                "{\"cluster\":null,\"node\":\"node1\",\"leader\":\"node1\",\"term\":0,\"members\":[{\"id\":\"node1\",\"http\":\"h:1\",\"role\":"
                        + "\"leader\",\"voter\":true,\"reachable\":true,\"commitIndex\":0,\"appliedIndex\":7,\"lag\":0,\"trouble\":null}]}";
        assertThat(run("status")).isZero();
        assertThat(shell.out()).contains("served alone by node1");
    }

    @Test
    void changesAreSentAsTheServerWantsThem() {
        assertThat(run("add", "n 4")).isZero();
        assertThat(run("add", "n5", "--learner")).isZero();
        assertThat(run("promote", "n5")).isZero();
        assertThat(run("remove", "n1")).isZero();
        assertThat(run("transfer")).isZero();
        assertThat(run("transfer", "n2")).isZero();
        assertThat(server.changes)
                .containsExactly(
                        "POST /v1/cluster/members?id=n%204",
                        "POST /v1/cluster/members?id=n5&learner=true",
                        "POST /v1/cluster/members/n5/promote",
                        "DELETE /v1/cluster/members?id=n1",
                        "POST /v1/cluster/transfer-leadership",
                        "POST /v1/cluster/transfer-leadership?to=n2");
    }

    @Test
    void aChangeThatIsRefusedFailsWithTheReason() {
        server.refusesChanges = true;
        assertThat(run("remove", "n9")).isEqualTo(1);
        assertThat(shell.err()).contains("Refused: invalid-argument.");
    }

    @Test
    void replicasThatHoldTheSameAreCompared() {
        server.digestsPage = """
                {"revision":812,"equal":true,"nodes":[{"id":"n1","digest":"0c3f","entries":7,"trouble":null},{"id":"n2","digest":"0c3f","entries":7,"trouble":null}],"differences":[]}
                """;
        assertThat(run("verify", "--timeout", "90s")).isZero();
        assertThat(server.changes).containsExactly("POST /v1/cluster/compare?timeout=90000ms");
        assertThat(shell.out()).isEqualTo("""
                        as of revision 812
                          n1           0c3f, 7 entries
                          n2           0c3f, 7 entries
                        """);
    }

    @Test
    void replicasThatDifferOrWereNotReadFail() {
        server.digestsPage = """
                {"revision":812,"equal":false,"nodes":[{"id":"n1","digest":"0c3f","entries":7,"trouble":null},{"id":"n2","digest":null,"entries":0,"trouble":"it is down"}],
                 "differences":[{"id":"n3","start":"00","end":"7f"}]}
                """;
        assertThat(run("verify")).isEqualTo(1);
        assertThat(shell.out()).contains("NOT READ: it is down", "DIFFERS  n3 from key 00 up to 7f");
    }
}
