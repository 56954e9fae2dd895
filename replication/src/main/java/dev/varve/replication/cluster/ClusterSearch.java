package dev.varve.replication.cluster;

import dev.varve.replication.transport.ClusterEnquiry;
import dev.varve.replication.transport.TransportSecurity;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.state.Founder;
import dev.varve.storage.state.Founding;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides as what a node with an empty directory begins. If one of its peers belongs to a cluster, it joins that one, also if it was told
 * to found one: a founder that has lost its disk must not found another. Only if none answers, a founder founds; any other node goes on
 * asking.
 *
 * <p>The store of a single node may begin a cluster, with its data, and never joins one.
 */
final class ClusterSearch implements Founder {

    private static final Logger logger = LoggerFactory.getLogger(ClusterSearch.class);
    private static final int ASK_MILLIS = 1000;
    private static final long PAUSE_MILLIS = 100;
    private static final long SAY_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final ClusterOptions options;
    private final PeerAddressBook addresses;
    private final TransportSecurity security;
    private final Ticker ticker;
    private final BooleanSupplier stopped;

    /** @param stopped true if nobody waits for the decision any more */
    ClusterSearch(
            ClusterOptions options,
            PeerAddressBook addresses,
            TransportSecurity security,
            Ticker ticker,
            BooleanSupplier stopped) {
        this.stopped = stopped;
        this.options = options;
        this.addresses = addresses;
        this.security = security;
        this.ticker = ticker;
    }

    @Override
    public Founding decide() throws IOException {
        long said = ticker.nanos() - SAY_NANOS;
        while (true) {
            if (stopped.getAsBoolean()) {
                throw new InterruptedIOException("stopped while waiting for a node of the cluster");
            }
            Map<String, String> troubles = new TreeMap<>();
            Found found = ask(troubles);
            if (found != null) {
                logger.info("node '{}' joins the cluster {} of '{}'", options.node(), found.cluster(), found.peer());
                return new Founding(options.node(), found.incarnation(), false);
            }
            if (options.bootstrap()) {
                return new Founding(options.node(), 0, true);
            }
            if (ticker.nanos() - said >= SAY_NANOS) {
                said = ticker.nanos();
                logger.info("waiting for a node of the cluster: {}", troubles);
            }
            pause();
        }
    }

    @Override
    public Founding grow() throws IOException {
        if (!options.bootstrap()) {
            throw new IOException(
                    "it holds the data of a single node, which can begin a cluster and cannot join one. Start it with"
                            + " --bootstrap to begin a cluster with its data, or give an empty directory with --data to join one");
        }
        Found found = ask(new TreeMap<>());
        if (found != null) {
            throw new IOException(
                    "it holds the data of a single node, which cannot join a cluster, and node '" + found.peer()
                            + "' of --peers belongs to the cluster " + found.cluster()
                            + " already. Give an empty directory with --data"
                            + " to join that, and import the data; or remove the nodes of that cluster from --peers");
        }
        return new Founding(options.node(), 0, true);
    }

    private record Found(String peer, String cluster, long incarnation) {}

    /**
     * Asks all peers once to which cluster they belong.
     *
     * @param troubles takes what is the matter with those that do not say
     * @return the first that says it, or null
     */
    private @Nullable Found ask(Map<String, String> troubles) {
        addresses.refresh();
        for (String peer : options.peers().keySet()) {
            if (peer.equals(options.node())) {
                continue;
            }
            InetSocketAddress address = addresses.resolve(peer);
            if (address == null) {
                troubles.put(peer, "its address is unknown");
                continue;
            }
            try {
                String cluster = ClusterEnquiry.cluster(options.node(), peer, address, security, ASK_MILLIS);
                return new Found(peer, cluster, Messages.incarnation(cluster));
            } catch (IOException | IllegalArgumentException e) {
                troubles.put(peer, String.valueOf(e.getMessage()));
            }
        }
        return null;
    }

    private static void pause() throws InterruptedIOException {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("stopped while waiting for a node of the cluster");
        }
    }
}
