package dev.varve.replication.transport;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How both sides of a connection introduce themselves.
 *
 * <pre>
 *  0  u16  version of the protocol, little-endian: 1
 *  2  u8   length of the cluster's name, which follows (UTF-8)
 *     u8   length of the sender's name, which follows
 *     u8   length of the name of the node that it is meant for, which follows
 *     u8   length of the token, which follows
 * </pre>
 *
 * @param token where the nodes share a secret, {@value ClusterSecret#BYTES} bytes: of the caller a random number, of the callee its proof;
 *     else empty
 */
record Hello(int version, String cluster, String from, String to, ByteString token) {

    static final int VERSION = 1;

    Hello(String cluster, String from, String to) {
        this(VERSION, cluster, from, to, ByteString.EMPTY);
    }

    Hello withToken(ByteString other) {
        return new Hello(version, cluster, from, to, other);
    }

    byte[] encode() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(version);
        out.write(version >>> 8);
        for (String name : new String[] {cluster, from, to}) {
            write(out, name.getBytes(StandardCharsets.UTF_8));
        }
        write(out, token.toByteArray());
        return out.toByteArray();
    }

    private static void write(ByteArrayOutputStream out, byte[] bytes) {
        out.write(bytes.length);
        out.writeBytes(bytes);
    }

    /**
     * Parses a hello; null if the bytes are none. Of another version nothing is read but that: the rest may be laid out in another way.
     * What follows the token belongs to a later version.
     */
    static @Nullable Hello decode(byte[] body) {
        try {
            ByteBuffer in = ByteBuffer.wrap(body);
            int version = Byte.toUnsignedInt(in.get()) | Byte.toUnsignedInt(in.get()) << 8;
            return version == VERSION
                    ? new Hello(version, name(in), name(in), name(in), ByteString.copyFrom(bytes(in)))
                    : new Hello(version, "", "", "", ByteString.EMPTY);
        } catch (BufferUnderflowException e) {
            return null;
        }
    }

    private static String name(ByteBuffer in) {
        return new String(bytes(in), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer in) {
        byte[] bytes = new byte[Byte.toUnsignedInt(in.get())];
        in.get(bytes);
        return bytes;
    }

    /** True if the sender belongs to no cluster yet and asks which one this is. */
    boolean asks() {
        return cluster.isEmpty();
    }

    /** What is wrong with the version that the other side speaks; null if it is this node's. */
    @Nullable
    String versionTrouble() {
        return version == VERSION
                ? null
                : "one node speaks version " + VERSION + " of the protocol between nodes, the other one version "
                        + version + ": run versions of Varve that understand each other";
    }

    /** Why a node does not talk to the one that said this, whose version it understands; null if it does. */
    @Nullable
    String refusal(TransportIdentity self) {
        if (!asks() && !cluster.equals(self.cluster())) {
            return "node '" + self.node() + "' belongs to cluster '" + self.cluster() + "', node '" + from
                    + "' to cluster '" + cluster + "'";
        }
        if (!asks() && !to.equals(self.node())) {
            return "this is node '" + self.node() + "', not '" + to + "': the address under which node '" + from
                    + "' knows '" + to + "' is wrong";
        }
        return null;
    }
}
