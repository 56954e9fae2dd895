package dev.varve.testkit.network;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/** Ports for servers that are stopped and started again. */
public final class FreePort {

    private static final int FIRST = 20_000;
    private static final int COUNT = 10_000;

    /** Each process begins elsewhere and takes one port after the other, so that none is found twice soon. */
    private static final AtomicInteger NEXT =
            new AtomicInteger((int) (ProcessHandle.current().pid() * 97 % COUNT));

    private FreePort() {}

    /** A port of this machine on which nobody listens: below those that the system gives to outgoing connections, so that none of these takes it meanwhile. */
    public static int find() throws IOException {
        while (true) {
            int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
            try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return probe.getLocalPort();
            } catch (BindException taken) {
                // Another one, then.
            }
        }
    }
}
