package dev.varve.replication.cluster;

import dev.varve.replication.transport.TlsCredentials;
import dev.varve.replication.transport.TransportSecurity;
import java.io.IOException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * By what a node proves to the others who it is, and demands that they do: see {@link TransportSecurity}.
 *
 * @param secret that all nodes of the cluster share; null for none
 * @param tls its certificate; null for no TLS
 */
public record NodeCredentials(
        @Nullable String secret, @Nullable Tls tls) {

    /** Nothing is proven. */
    public static final NodeCredentials NONE = new NodeCredentials(null, null);

    /**
     * All in PEM.
     *
     * @param certificate of the node
     * @param key of the node
     * @param authority who has signed the certificates of all nodes
     */
    public record Tls(String certificate, String key, String authority) {

        @Override
        public String toString() {
            return "Tls[" + certificate + "]"; // The key is a secret.
        }
    }

    TransportSecurity security(String node, RandomGenerator random) throws IOException {
        if (secret == null && tls == null) {
            return TransportSecurity.none();
        }
        try {
            return TransportSecurity.of(
                    secret,
                    tls == null ? null : TlsCredentials.of(node, tls.certificate(), tls.key(), tls.authority()),
                    random);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return "NodeCredentials[" + (secret == null ? "no secret" : "a secret") + ", " + tls + "]";
    }
}
