package dev.varve.systemtests.chaos;

import dev.varve.systemtests.ClusterProcesses;
import dev.varve.testkit.network.Conditions;
import dev.varve.testkit.network.FaultProxy;
import dev.varve.testkit.network.Framing;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/** A proxy in front of each node for each other node, and one for clients. Thread-safe, but for making it. */
final class FaultNetwork implements ClusterProcesses.PeerLinks, AutoCloseable {

    private final RandomGenerator random;
    private final Map<Link, FaultProxy> links = new ConcurrentHashMap<>();
    private final Map<String, FaultProxy> fronts = new ConcurrentHashMap<>();

    /** The connections that one node opens to another. */
    private record Link(String from, String to) {}

    FaultNetwork(RandomGenerator random) {
        this.random = random;
    }

    @Override
    public int port(String from, String to, int listened) throws IOException {
        FaultProxy proxy = new FaultProxy(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), listened), Framing.LENGTH_PREFIXED, random);
        links.put(new Link(from, to), proxy);
        return proxy.address().getPort();
    }

    /** Another address for the clients of a node. */
    String front(String node, String url) throws IOException {
        URI address = URI.create(url);
        FaultProxy proxy =
                new FaultProxy(new InetSocketAddress(address.getHost(), address.getPort()), Framing.NONE, random);
        fronts.put(node, proxy);
        return "http://127.0.0.1:" + proxy.address().getPort();
    }

    /** Sets the conditions of everything that one node sends another. */
    void directed(String from, String to, Conditions conditions) {
        link(from, to).toTarget().set(conditions);
        link(to, from).fromTarget().set(conditions);
    }

    /** Sets those of both directions. */
    void between(String one, String other, Conditions conditions) {
        directed(one, other, conditions);
        directed(other, one, conditions);
    }

    /** Ends all connections between two nodes by resets, and lets no new ones be made, or lets them again. */
    void refuse(String one, String other, boolean refuse) {
        for (FaultProxy proxy : List.of(link(one, other), link(other, one))) {
            proxy.refuse(refuse);
            if (refuse) {
                proxy.reset();
            }
        }
    }

    /** Has all connections between two nodes go dead without a word; they can make new ones. */
    void silence(String one, String other) {
        link(one, other).silence();
        link(other, one).silence();
    }

    /** What clients that do not come directly meet. */
    FaultProxy front(String node) {
        return Objects.requireNonNull(fronts.get(node));
    }

    /** How many messages were sent twice. */
    long repeated() {
        return links.values().stream()
                .mapToLong(
                        link -> link.toTarget().repeated() + link.fromTarget().repeated())
                .sum();
    }

    private FaultProxy link(String from, String to) {
        return Objects.requireNonNull(links.get(new Link(from, to)));
    }

    @Override
    public void close() throws IOException {
        for (FaultProxy proxy : links.values()) {
            proxy.close();
        }
        for (FaultProxy proxy : fronts.values()) {
            proxy.close();
        }
    }
}
