package dev.varve.replication.transport;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret that all nodes of a cluster share. A node proves that it knows it by the HMAC-SHA-256 (RFC 2104) of what both sides have
 * said, in which each has a random number that the other side drew: what was proven once proves nothing on another connection, nor for
 * another node, nor in the other direction. Thread-safe.
 */
final class ClusterSecret {

    /** Bytes of a proof, and of the random numbers. */
    static final int BYTES = 32;

    /** The fewest characters that are taken for a secret. */
    static final int CHARACTERS_MIN = 16;

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    /** Which side of a connection proves something. */
    enum Side {
        CALLER("varve caller"),
        CALLEE("varve callee");

        private final String label;

        Side(String label) {
            this.label = label;
        }
    }

    /** @throws IllegalArgumentException if it is shorter than {@value #CHARACTERS_MIN} characters */
    ClusterSecret(String secret) {
        if (secret.length() < CHARACTERS_MIN) {
            throw new IllegalArgumentException("the cluster's secret (--cluster-secret-file) has " + secret.length()
                    + " characters, but must have " + CHARACTERS_MIN
                    + " or more, drawn at random: openssl rand -base64 32");
        }
        this.key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
    }

    /**
     * What a side says to prove that it knows the secret.
     *
     * @param caller the hello that the caller said, in which its random number is
     * @param challenge the callee's random number, {@value #BYTES} bytes
     * @param callee the callee's hello; while the caller proves, that is not known, and its own stands for it
     */
    ByteString proof(Side side, Hello caller, ByteString challenge, Hello callee) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            // Each part says where it ends, so that no two conversations give the same bytes.
            mac.update(side.label.getBytes(StandardCharsets.US_ASCII));
            mac.update(challenge.toByteArray());
            mac.update(caller.encode());
            mac.update(callee.withToken(ByteString.EMPTY).encode());
            return ByteString.copyFrom(mac.doFinal());
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }

    /** True if the other side has proven what {@link #proof} says; takes the same time wherever they differ. */
    boolean isProven(ByteString given, Side side, Hello caller, ByteString challenge, Hello callee) {
        return MessageDigest.isEqual(
                given.toByteArray(), proof(side, caller, challenge, callee).toByteArray());
    }
}
