package dev.varve.cli.server;

import dev.varve.cli.Sizes;
import dev.varve.server.ClusterSettings;
import dev.varve.server.VarveServer;
import dev.varve.storage.Store;
import dev.varve.storage.StoreStats;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a server says when it has started. */
final class Banner {

    private Banner() {}

    static List<String> lines(VarveServer server, Instant now) {
        StoreStats stats = server.store().stats();
        String url = url(server.httpAddress());
        List<String> lines = new ArrayList<>(List.of(
                "data    " + server.options().data().toAbsolutePath().normalize(),
                "store   " + age(server.store(), now) + "; " + size(stats),
                "opened  " + opening(stats),
                "http    " + url));
        ClusterSettings cluster = server.options().cluster();
        if (cluster != null) {
            lines.add("raft    " + new HostPort(cluster.raftHost(), cluster.raftPort()) + ", node '"
                    + server.options().nodeId() + "' of a cluster");
        }
        lines.add("try     curl -X PUT \"" + url + "/put?key=myKey\" -d \"myValue\"");
        return lines;
    }

    private static String age(Store store, Instant now) {
        Duration age = Duration.between(Instant.ofEpochMilli(store.createdMillis()), now);
        if (store.revision() == 0 && age.toMinutes() == 0) {
            return "new";
        }
        return age.toDays() > 0
                ? age.toDays() + " days old"
                : age.toHours() > 0 ? age.toHours() + " h old" : Math.max(0, age.toMinutes()) + " min old";
    }

    private static String size(StoreStats stats) {
        return String.format(
                Locale.ROOT,
                "revision %,d; log %s in %d segments; %d tables of %s",
                stats.revision(),
                Sizes.show(stats.logBytes()),
                stats.logSegments(),
                stats.tables(),
                Sizes.show(stats.tableBytes()));
    }

    private static String opening(StoreStats stats) {
        String opening = String.format(
                Locale.ROOT, "in %.2f s, %,d records replayed", stats.openNanos() / 1e9, stats.replayedRecords());
        return stats.cutBytes() == 0
                ? opening
                : opening + ", " + Sizes.show(stats.cutBytes()) + " of writes cut that were never acknowledged";
    }

    /** The URL to paste: a wildcard address is no address to connect to. */
    static String url(InetSocketAddress address) {
        String host = address.getAddress().isAnyLocalAddress()
                ? "127.0.0.1"
                : address.getAddress().getHostAddress();
        return "http://" + new HostPort(host, address.getPort());
    }
}
