package dev.varve.replication.cluster;

import dev.varve.replication.transport.PeerAddresses;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The addresses of the peers: those that are given, and those of nodes that joined later, which tell them. Host names are looked up again from time to time, since a node may come back elsewhere; never by who asks,
 * who must not wait for that. Thread-safe.
 */
final class PeerAddressBook implements PeerAddresses {

    private static final Logger logger = LoggerFactory.getLogger(PeerAddressBook.class);

    private final Map<String, InetSocketAddress> given;
    private final Map<String, String> learned = new ConcurrentHashMap<>();
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

    /**
     * Notes where a node that is not among the given ones says that it listens. May block.
     *
     * @param address {@code HOST:PORT}; anything else is ignored
     */
    void learn(String name, String address) {
        int colon = address.lastIndexOf(':');
        if (given.containsKey(name) || colon <= 0 || address.equals(learned.get(name))) {
            return;
        }
        try {
            InetSocketAddress now =
                    new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
            if (!now.isUnresolved()) {
                resolved.put(name, now);
                learned.put(name, address);
            }
        } catch (IllegalArgumentException e) {
            logger.warn("node '{}' says that it listens at '{}', which is no address", name, address, e);
        }
    }

    @Override
    public @Nullable InetSocketAddress resolve(String peer) {
        return resolved.get(peer);
    }
}
