package dev.varve.replication.transport;

/**
 * Bounds of a transport.
 *
 * @param maxFrameBytes largest frame in bytes; a larger one closes the connection. It must hold the largest batch of writes
 *     and half a MiB more. 16 MiB
 * @param maxCallsInFlight calls to one peer that may wait for an answer; further ones fail at once. On the other side a
 *     connection with so many calls in progress is not read from. 1,024
 * @param maxPendingBytes bytes of one connection that may wait to be sent; beyond it the peer counts as not connected, and
 *     is not read from. Nor is a connection read from that has requests of so many bytes in progress. 64 MiB
 * @param maxConnections connections that may come in; further ones are closed at once. 256
 * @param connectMillis how long a connection may take to be made, both sides having said who they are. 1,000
 */
public record TransportOptions(
        int maxFrameBytes, int maxCallsInFlight, int maxPendingBytes, int maxConnections, int connectMillis) {

    private static final TransportOptions DEFAULTS = new TransportOptions(16 << 20, 1024, 64 << 20, 256, 1000);

    public TransportOptions {
        check("maxFrameBytes", maxFrameBytes, 4 << 10, 1 << 30);
        check("maxCallsInFlight", maxCallsInFlight, 1, 1 << 20);
        check("maxPendingBytes", maxPendingBytes, 4 << 10, 1 << 30);
        check("maxConnections", maxConnections, 1, 1 << 16);
        check("connectMillis", connectMillis, 1, 60_000);
    }

    /** The defaults, as the parameters state them. */
    public static TransportOptions defaults() {
        return DEFAULTS;
    }

    private static void check(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " is " + value + ", but must lie between " + min + " and " + max);
        }
    }
}
