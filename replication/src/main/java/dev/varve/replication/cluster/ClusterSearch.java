package dev.varve.replication.cluster;

import dev.varve.replication.transport.ClusterEnquiry;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.state.Founding;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides as what a node with an empty directory begins. If one of its peers belongs to a cluster, it joins that one, also if it was told
 * to found one: a founder that has lost its disk must not found another. Only if none answers, a founder founds; any other node goes on
 * asking.
 */
final class ClusterSearch {

    private static final Logger logger = LoggerFactory.getLogger(ClusterSearch.class);
    private static final int ASK_MILLIS = 1000;
    private static final long PAUSE_MILLIS = 100;
    private static final long SAY_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final ClusterOptions options;
    private final PeerAddressBook addresses;
    private final Ticker ticker;
    private final BooleanSupplier stopped;

    /** @param stopped true if nobody waits for the decision any more */
    ClusterSearch(ClusterOptions options, PeerAddressBook addresses, Ticker ticker, BooleanSupplier stopped) {
        this.stopped = stopped;
        this.options = options;
        this.addresses = addresses;
        this.ticker = ticker;
    }

    /** See {@link dev.varve.storage.state.Founder}. */
    Founding decide() throws IOException {
        long said = ticker.nanos() - SAY_NANOS;
        while (true) {
            if (stopped.getAsBoolean()) {
                throw new InterruptedIOException("stopped while waiting for a node of the cluster");
            }
            addresses.refresh();
            Map<String, String> troubles = new TreeMap<>();
            for (String peer : options.peers().keySet()) {
                InetSocketAddress address = addresses.resolve(peer);
                if (peer.equals(options.node())) {
                    continue;
                }
                if (address == null) {
                    troubles.put(peer, "its address is unknown");
                    continue;
                }
                try {
                    String cluster = ClusterEnquiry.cluster(options.node(), peer, address, ASK_MILLIS);
                    logger.info("node '{}' joins the cluster {} of '{}'", options.node(), cluster, peer);
                    return new Founding(options.node(), Messages.incarnation(cluster), false);
                } catch (IOException | IllegalArgumentException e) {
                    troubles.put(peer, String.valueOf(e.getMessage()));
                }
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

    private static void pause() throws InterruptedIOException {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("stopped while waiting for a node of the cluster");
        }
    }
}
