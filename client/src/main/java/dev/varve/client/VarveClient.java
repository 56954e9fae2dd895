package dev.varve.client;

import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client of one server, or of several that serve the same data. Calls block; they may come from any number of threads,
 * best virtual ones. Keys have at least one byte. Every failure is a {@link VarveException}.
 */
public final class VarveClient implements AutoCloseable {

    private final List<URI> servers;
    private final Transport transport;

    private VarveClient(List<URI> servers, ClientOptions options, Waiter waiter) {
        this.servers = servers;
        this.transport = new Transport(servers, options, waiter);
    }

    /**
     * A client with the default options. Nothing is sent yet.
     *
     * @param urls {@code http://HOST:PORT}, several between commas: the next is used when one cannot be reached
     * @throws IllegalArgumentException if one is no such URL
     */
    public static VarveClient connect(String urls) {
        return connect(urls, ClientOptions.defaults());
    }

    /** The same with these options. */
    public static VarveClient connect(String urls, ClientOptions options) {
        return connect(urls, options, Waiter.SYSTEM);
    }

    static VarveClient connect(String urls, ClientOptions options, Waiter waiter) {
        return new VarveClient(Transport.parseServers(urls), options, waiter);
    }

    /** The addresses, in the order in which they were given. */
    public List<URI> servers() {
        return servers;
    }

    /** Stores the value; it is durable when this returns. */
    public void put(byte[] key, byte[] value) {
        transport.send(
                new Transport.Call("PUT", "/put?key=" + encode(key), BodyPublishers.ofByteArray(value), true),
                BodyHandlers.replacing(true));
    }

    /** The value of the key; null if there is none. */
    public byte @Nullable [] get(byte[] key) {
        try {
            return transport.send(
                    new Transport.Call("GET", "/read?key=" + encode(key), null, false), BodyHandlers.ofByteArray());
        } catch (NotFoundException missing) {
            return null;
        }
    }

    /**
     * Removes the key.
     *
     * @throws NotFoundException if there is none
     */
    public void delete(byte[] key) {
        transport.send(
                new Transport.Call("DELETE", "/delete?key=" + encode(key), null, true), BodyHandlers.replacing(true));
    }

    /**
     * Stores all members of a JSON object, each name as a key and its string as the value, atomically.
     *
     * @param object UTF-8
     */
    public void putBatch(byte[] object) {
        transport.send(
                new Transport.Call("POST", "/batchput", BodyPublishers.ofByteArray(object), true),
                BodyHandlers.replacing(true));
    }

    /** Opens a range: one consistent snapshot, read as it arrives. Close the reader. */
    public RangeReader range(RangeQuery range) {
        return new RangeReader(transport.send(
                new Transport.Call("GET", "/range?" + range.query(), null, false), BodyHandlers.ofInputStream()));
    }

    /**
     * A page for people and monitors, such as {@code /readyz} or {@code /metrics}.
     *
     * @param status the HTTP status, whatever it is
     * @param text the body
     */
    public record Page(int status, String text) {}

    /** Fetches such a page from the first server that can be reached. */
    public Page page(String path) {
        HttpResponse<String> response = transport.sendOnce(
                new Transport.Call("GET", path, null, false), BodyHandlers.ofString(StandardCharsets.UTF_8));
        return new Page(response.statusCode(), response.body());
    }

    /**
     * Asks for a change of the cluster, such as {@code DELETE /v1/cluster/members?id=n3}.
     *
     * @param target path and query
     */
    public void change(String method, String target) {
        transport.send(new Transport.Call(method, target, null, true), BodyHandlers.replacing(true));
    }

    private static String encode(byte[] key) {
        if (key.length == 0) {
            throw new IllegalArgumentException("a key has at least one byte");
        }
        return PercentEncoding.encode(key);
    }

    /** Gives up whatever is in flight and closes the connections. */
    @Override
    public void close() {
        transport.close();
    }
}
