package dev.varve.replication.transport;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The first frame in each direction.
 *
 * <pre>
 *  0  u16  version of the protocol, little-endian: 1
 *  2  u8   length of the cluster's name, which follows (UTF-8)
 *     u8   length of the sender's name, which follows
 *     u8   length of the name of the node that it is meant for, which follows
 * </pre>
 */
record Hello(int version, String cluster, String from, String to) {

    static final int VERSION = 1;

    byte[] encode() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(version);
        out.write(version >>> 8);
        for (String name : new String[] {cluster, from, to}) {
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            out.write(bytes.length);
            out.writeBytes(bytes);
        }
        return out.toByteArray();
    }

    /** Parses a hello; null if the bytes are none. What follows the names belongs to a later version. */
    static @Nullable Hello decode(byte[] body) {
        try {
            ByteBuffer in = ByteBuffer.wrap(body);
            int version = Byte.toUnsignedInt(in.get()) | Byte.toUnsignedInt(in.get()) << 8;
            return new Hello(version, name(in), name(in), name(in));
        } catch (BufferUnderflowException e) {
            return null;
        }
    }

    private static String name(ByteBuffer in) {
        byte[] bytes = new byte[Byte.toUnsignedInt(in.get())];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** True if the sender belongs to no cluster yet and asks which one this is. */
    boolean asks() {
        return version == VERSION && cluster.isEmpty();
    }

    /** Why a node does not talk to the one that said this; null if it does. */
    @Nullable
    String refusal(TransportIdentity self) {
        if (version != VERSION) {
            return "node '" + self.node() + "' speaks version " + VERSION + " of the protocol between nodes, node '"
                    + from + "' speaks version " + version + ": run versions of Varve that are at most one step apart";
        }
        if (!cluster.equals(self.cluster())) {
            return "node '" + self.node() + "' belongs to cluster '" + self.cluster() + "', node '" + from
                    + "' to cluster '" + cluster + "'";
        }
        if (!to.equals(self.node())) {
            return "this is node '" + self.node() + "', not '" + to + "': the address under which node '" + from
                    + "' knows '" + to + "' is wrong";
        }
        return null;
    }
}
