package dev.varve.replication.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.error.RemotingException;
import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may talk to a node, and what it learns who may not. */
@Timeout(60)
class TransportSecurityTest {

    private static final String SECRET = "0123456789abcdef-one";
    private static final String ANOTHER = "0123456789abcdef-two";
    private static final long PATIENCE_MILLIS = 20_000;

    private final Peers peers = new Peers();
    private final Echo echo = Echo.answering();

    @AfterEach
    void close() throws Exception {
        peers.close();
    }

    private static TransportSecurity secret(String secret) {
        return TransportSecurity.of(secret, null, new Random(secret.hashCode()));
    }

    /** What becomes of a call of node a to node b, and of the question to which cluster b belongs: nothing, or why not. */
    private @Nullable String call(TransportSecurity ofA, TransportSecurity ofB) throws Exception {
        RaftTransport b = peers.start("b", ofB);
        b.server().registerProcessor(echo);
        String asked = ask(b, ofA);
        NettyRpcClient client = peers.client(peers.start("a", ofA));
        try {
            assertThat(Peers.call(client, "b", 7, PATIENCE_MILLIS)).isEqualTo(7);
            assertThat(asked).isEqualTo(Peers.CLUSTER);
            return null;
        } catch (RemotingException e) {
            assertThat(echo.seen).isEmpty();
            assertThat(asked).isNotEqualTo(Peers.CLUSTER);
            return e.getMessage();
        }
    }

    private static String ask(RaftTransport b, TransportSecurity ofA) {
        try {
            return ClusterEnquiry.cluster("a", "b", b.address(), ofA, (int) PATIENCE_MILLIS);
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Test
    void nodesThatShareASecretTalk() throws Exception {
        assertThat(call(secret(SECRET), secret(SECRET))).isNull();
    }

    @Test
    void anotherSecretIsRefusedInWords() throws Exception {
        assertThat(call(secret(ANOTHER), secret(SECRET))).contains("node 'a' has another cluster secret than node 'b'");
    }

    @Test
    void aNodeWithoutTheSecretIsToldThatItNeedsOne() throws Exception {
        assertThat(call(TransportSecurity.none(), secret(SECRET)))
                .contains("'b' demands the cluster's secret, and node 'a' has none")
                .contains("--cluster-secret-file");
    }

    @Test
    void aNodeWithASecretTalksToNoneWithoutOne() throws Exception {
        assertThat(call(secret(SECRET), TransportSecurity.none()))
                .contains("'a' has a cluster secret, and node 'b' has none");
    }

    @Test
    void whoDoesNotProveTheSecretLearnsNothing() throws Exception {
        RaftTransport b = peers.start("b", secret(SECRET));
        b.server().registerProcessor(echo);
        Hello hello = new Hello("", "a", "b").withToken(ByteString.copyFrom(new byte[ClusterSecret.BYTES]));
        for (FrameKind kind : new FrameKind[] {FrameKind.PROOF, FrameKind.REQUEST, FrameKind.HELLO}) {
            try (Stranger stranger = Stranger.connected(b.address())) {
                stranger.send(frame(FrameKind.HELLO, hello.encode()));
                assertThat(stranger.readFrame()).as("the challenge").hasSize(ClusterSecret.BYTES);
                stranger.send(frame(kind, new byte[ClusterSecret.BYTES]));
                assertThat(stranger.readToEnd()).doesNotContain(Peers.CLUSTER);
            }
        }
        assertThat(echo.seen).isEmpty();
    }

    @Test
    void whatProvedTheSecretOnceProvesNothingOnAnotherConnection() throws Exception {
        RaftTransport b = peers.start("b", secret(SECRET));
        CallerGreeting greeting = new CallerGreeting("", "a", "b", secret(SECRET));
        byte[] hello = greeting.begin(null);
        byte[] proof;
        try (Stranger first = Stranger.connected(b.address())) {
            first.send(frame(FrameKind.HELLO, hello));
            proof = greeting.next(new Frame(FrameKind.CHALLENGE, 0, 0, first.readFrame()));
            first.send(frame(FrameKind.PROOF, proof == null ? new byte[0] : proof));
            assertThat(first.readToEnd()).contains(Peers.CLUSTER);
        }
        try (Stranger second = Stranger.connected(b.address())) {
            second.send(frame(FrameKind.HELLO, hello));
            second.readFrame();
            second.send(frame(FrameKind.PROOF, proof == null ? new byte[0] : proof));
            assertThat(second.readToEnd()).doesNotContain(Peers.CLUSTER).contains("another cluster secret");
        }
    }

    @Test
    void aCalleeThatDoesNotKnowTheSecretIsNotBelieved() throws Exception {
        CallerGreeting greeting = new CallerGreeting(Peers.CLUSTER, "a", "b", secret(SECRET));
        Hello impostor = new Hello(Peers.CLUSTER, "b", "a");
        Hello guessed = impostor.withToken(secret(ANOTHER).nonce());
        assertThatThrownBy(() -> greeting.next(new Frame(FrameKind.HELLO, 0, 0, impostor.encode())))
                .isInstanceOf(GreetingException.class)
                .hasMessageContaining("does not prove that it knows the cluster's secret");
        byte[] hello = greeting.begin(null);
        byte[] proof = greeting.next(new Frame(FrameKind.CHALLENGE, 0, 0, new byte[ClusterSecret.BYTES]));
        assertThatThrownBy(() -> greeting.next(new Frame(FrameKind.HELLO, 0, 0, guessed.encode())))
                .isInstanceOf(GreetingException.class)
                .hasMessageContaining("does not prove");
        // Its own proof, sent back, proves nothing either.
        Hello mirrored = impostor.withToken(ByteString.copyFrom(proof == null ? new byte[0] : proof));
        assertThat(hello).isNotEmpty();
        assertThatThrownBy(() -> greeting.next(new Frame(FrameKind.HELLO, 0, 0, mirrored.encode())))
                .isInstanceOf(GreetingException.class)
                .hasMessageContaining("does not prove");
    }

    @Test
    void aSecretThatCanBeGuessedIsNotTaken() {
        assertThatThrownBy(() -> secret("short"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has 5 characters");
    }

    @Test
    void nodesWithCertificatesOfTheAuthorityTalk() throws Exception {
        Authority authority = new Authority();
        assertThat(call(authority.of("a"), authority.of("b"))).isNull();
        RaftTransport c = peers.start("c", authority.trusting(authority, "c", authority.signAlternatives("x", "c")));
        c.server().registerProcessor(echo);
        NettyRpcClient client = peers.client(peers.start("d", authority.of("d")));
        assertThat(Peers.call(client, "c", 8, PATIENCE_MILLIS)).isEqualTo(8);
    }

    @Test
    void theSecretIsDemandedInsideTlsAsWell() throws Exception {
        Authority authority = new Authority();
        assertThat(call(both(authority, "a", ANOTHER), both(authority, "b", SECRET)))
                .contains("another cluster secret");
    }

    @Test
    void nodesWithBothTalk() throws Exception {
        Authority authority = new Authority();
        assertThat(call(both(authority, "a", SECRET), both(authority, "b", SECRET)))
                .isNull();
    }

    private static TransportSecurity both(Authority authority, String node, String secret) throws Exception {
        return TransportSecurity.of(secret, authority.of(node).tls(), new Random(node.hashCode()));
    }

    @Test
    void aCertificateThatTheAuthorityHasNotSignedIsRefusedByEitherSide() throws Exception {
        Authority authority = new Authority();
        Authority stranger = new Authority();
        assertThat(call(stranger.trusting(authority, "a", stranger.sign("a")), authority.of("b")))
                .contains("TLS handshake failed")
                .contains("--raft-tls-ca");
    }

    @Test
    void aNodeTalksToNoneWhoseCertificateItsAuthorityHasNotSigned() throws Exception {
        Authority authority = new Authority();
        Authority stranger = new Authority();
        assertThat(call(authority.of("a"), stranger.trusting(authority, "b", stranger.sign("b"))))
                .contains("TLS handshake failed");
    }

    @Test
    void theCertificateOfAnotherNodeIsRefused() throws Exception {
        Authority authority = new Authority();
        // Node a has the certificate of c, and so has taken the files of c.
        assertThat(call(authority.trusting(authority, "c", authority.sign("c")), authority.of("b")))
                .contains("the certificate of the node that says it is 'a' is one for [c]");
    }

    @Test
    void aNodeThatAnswersWithTheCertificateOfAnotherIsNotBelieved() throws Exception {
        Authority authority = new Authority();
        assertThat(call(authority.of("a"), authority.trusting(authority, "c", authority.sign("c"))))
                .contains("the certificate of the node that says it is 'b' is one for [c]");
    }

    @Test
    void plainAndTlsDoNotTalk() throws Exception {
        assertThat(call(TransportSecurity.none(), new Authority().of("b"))).contains("TLS");
    }

    @Test
    void tlsAndPlainDoNotTalk() throws Exception {
        assertThat(call(new Authority().of("a"), TransportSecurity.none())).contains("TLS");
    }

    @Test
    void credentialsThatCannotWorkAreRefusedAtOnce() throws Exception {
        Authority authority = new Authority();
        String certificate = authority.sign("a").getCertificatePathPEM();
        String key = authority.sign("a").getPrivateKeyPEM();
        assertThatThrownBy(() -> TlsCredentials.of("b", certificate, key, authority.certificate()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is one for [a], not for this node, 'b'");
        assertThatThrownBy(() -> TlsCredentials.of("a", "nothing", key, authority.certificate()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("--raft-tls-cert");
        assertThatThrownBy(() -> TlsCredentials.of("a", certificate, "nothing", authority.certificate()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("--raft-tls-key");
        assertThatThrownBy(() -> TlsCredentials.of("a", certificate, key, "nothing"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("--raft-tls-ca");
        assertThatThrownBy(() -> TlsCredentials.of("a", certificate, key, authority.certificate()))
                .as("the key of another certificate")
                .isInstanceOf(IOException.class)
                .hasMessageContaining("--raft-tls-key");
    }

    private static byte[] frame(FrameKind kind, byte[] body) {
        return ByteBufUtil.getBytes(FrameFormat.encode(UnpooledByteBufAllocator.DEFAULT, kind, 0, body));
    }

    @Test
    void aFailureIsReadAsText() {
        assertThat(new Frame(FrameKind.FAILURE, 0, 0, "why".getBytes(UTF_8)).text())
                .isEqualTo("why");
    }
}
