package dev.varve.replication.transport;

import com.google.protobuf.ByteString;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * By what the nodes of a cluster prove to each other who they are: by a secret that they share, by certificates (TLS), by both, or by
 * nothing. Each thing that a node is given is demanded of every other one.
 *
 * <p>The secret alone keeps out who does not know it; it does not hide what is sent, nor protect it from somebody who can change it on its
 * way. TLS does both. Thread-safe.
 */
public final class TransportSecurity {

    private static final TransportSecurity NONE = new TransportSecurity(null, null, null);

    private final @Nullable ClusterSecret secret;
    private final @Nullable TlsCredentials tls;
    private final @Nullable RandomGenerator random;

    private TransportSecurity(
            @Nullable ClusterSecret secret, @Nullable TlsCredentials tls, @Nullable RandomGenerator random) {
        this.secret = secret;
        this.tls = tls;
        this.random = random;
    }

    /** Nothing is proven: for networks that nobody else can reach. */
    public static TransportSecurity none() {
        return NONE;
    }

    /**
     * What the given things demand.
     *
     * @param secret at least {@value ClusterSecret#CHARACTERS_MIN} characters; null for none
     * @param tls null for no TLS
     * @param random for numbers that nobody must guess
     * @throws IllegalArgumentException if the secret is too short
     */
    public static TransportSecurity of(@Nullable String secret, @Nullable TlsCredentials tls, RandomGenerator random) {
        return new TransportSecurity(secret == null ? null : new ClusterSecret(secret), tls, random);
    }

    @Nullable
    ClusterSecret secret() {
        return secret;
    }

    @Nullable
    TlsCredentials tls() {
        return tls;
    }

    /** A random number by which the other side must prove that it knows the secret; empty if there is none. */
    ByteString nonce() {
        if (secret == null || random == null) {
            return ByteString.EMPTY;
        }
        byte[] bytes = new byte[ClusterSecret.BYTES];
        random.nextBytes(bytes);
        return ByteString.copyFrom(bytes);
    }

    /** Checks that the certificate that a node has shown is its own. */
    void checkCertificate(String node, @Nullable Set<String> certified) throws GreetingException {
        if (tls != null && (certified == null || !certified.contains(node))) {
            throw new GreetingException("the certificate of the node that says it is '" + node + "' is one for "
                    + (certified == null ? "nobody" : certified)
                    + ": its subject alternative names (DNS) or its common name"
                    + " must be the node's name (--raft-tls-cert)");
        }
    }
}
