package dev.varve.replication.transport;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Where peers are found. Names are for life, addresses may change. Called from many threads; must not block. */
@FunctionalInterface
public interface PeerAddresses {

    /** The address of the peer with this name now, or null if it is unknown. */
    @Nullable
    InetSocketAddress resolve(String peer);
}
