package dev.varve.replication.cluster;

import dev.varve.replication.transport.PeerAddresses;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of the peers. Host names are looked up again from time to time, since a node may come back elsewhere; never by who asks,
 * who must not wait for that. Thread-safe.
 */
final class PeerAddressBook implements PeerAddresses {

    private final Map<String, InetSocketAddress> given;
    private final Map<String, InetSocketAddress> resolved = new ConcurrentHashMap<>();

    /** @param given by name, not resolved */
    PeerAddressBook(Map<String, InetSocketAddress> given) {
        this.given = given;
    }

    /** Looks all host names up. May block. */
    void refresh() {
        given.forEach((name, address) -> {
            InetSocketAddress now = new InetSocketAddress(address.getHostString(), address.getPort());
            if (!now.isUnresolved()) {
                resolved.put(name, now);
            }
        });
    }

    @Override
    public @Nullable InetSocketAddress resolve(String peer) {
        return resolved.get(peer);
    }
}
