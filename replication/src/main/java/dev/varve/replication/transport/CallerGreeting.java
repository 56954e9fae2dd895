package dev.varve.replication.transport;

import com.google.protobuf.ByteString;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the caller of a connection says before anything else, and what it demands to hear: frames in, frames out. It is done when {@link
 * #answer} is there. For one thread at a time.
 */
final class CallerGreeting {

    /** What it may mean that the other side closes the connection before it has said anything. */
    static final String SILENT = "it closed the connection without a word: does it demand TLS (--raft-tls-cert)?";

    private static final String NO_NODE = "what answers there is no node of Varve";

    private final String peer;
    private final TransportSecurity security;
    private final Hello hello;
    private ByteString challenge = ByteString.EMPTY;
    private @Nullable Hello answer;

    /**
     * @param cluster to which the caller belongs; empty if it does not know, and asks
     * @param node its name
     * @param peer name of the node that it wants to talk to
     */
    CallerGreeting(String cluster, String node, String peer, TransportSecurity security) {
        this.peer = peer;
        this.security = security;
        this.hello = new Hello(cluster, node, peer).withToken(security.nonce());
    }

    /**
     * The body of the first frame, a hello.
     *
     * @param certified the names for which the certificate of the other side is valid; null if it has shown none
     */
    byte[] begin(@Nullable Set<String> certified) throws GreetingException {
        security.checkCertificate(peer, certified);
        return hello.encode();
    }

    /**
     * Takes a frame of the callee.
     *
     * @return the body of a proof, to be sent; null if there is none
     */
    byte @Nullable [] next(Frame frame) throws GreetingException {
        return switch (frame.kind()) {
            case CHALLENGE -> proof(frame.body());
            case HELLO -> {
                answer = checked(Hello.decode(frame.body()));
                yield null;
            }
            case FAILURE -> throw new GreetingException(frame.text());
            case REQUEST, RESPONSE, PROOF -> throw new GreetingException(NO_NODE);
        };
    }

    private byte[] proof(byte[] nonce) throws GreetingException {
        ClusterSecret secret = security.secret();
        if (secret == null) {
            throw new GreetingException("node '" + peer
                    + "' demands the cluster's secret, and this node has none: give it --cluster-secret-file");
        }
        if (!challenge.isEmpty() || nonce.length != ClusterSecret.BYTES) {
            throw new GreetingException(NO_NODE);
        }
        challenge = ByteString.copyFrom(nonce);
        return secret.proof(ClusterSecret.Side.CALLER, hello, challenge, hello).toByteArray();
    }

    private Hello checked(@Nullable Hello said) throws GreetingException {
        ClusterSecret secret = security.secret();
        if (said == null) {
            throw new GreetingException(NO_NODE);
        }
        String trouble = said.versionTrouble();
        if (trouble != null) {
            throw new GreetingException(trouble);
        }
        if (secret != null
                && (challenge.isEmpty()
                        || !secret.isProven(said.token(), ClusterSecret.Side.CALLEE, hello, challenge, said))) {
            throw new GreetingException(
                    "node '" + peer + "' does not prove that it knows the cluster's secret (--cluster-secret-file)");
        }
        if (!said.from().equals(peer)) {
            throw new GreetingException("there is node '" + said.from() + "', not '" + peer + "'");
        }
        if (said.cluster().isEmpty() || !(hello.asks() || hello.cluster().equals(said.cluster()))) {
            throw new GreetingException("node '" + peer + "' belongs to cluster '" + said.cluster()
                    + "', this node to '" + hello.cluster() + "'");
        }
        return said;
    }

    /** The hello of the callee, which is who it says it is; null if it has not said one yet. */
    @Nullable
    Hello answer() {
        return answer;
    }
}
