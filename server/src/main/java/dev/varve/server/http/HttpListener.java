package dev.varve.server.http;

import dev.varve.replication.cluster.ServedStore;
import dev.varve.replication.sequencer.SequencerStats;
import dev.varve.server.ServerOptions;
import dev.varve.server.metrics.Gauge;
import dev.varve.server.metrics.LogSyncMetrics;
import dev.varve.server.metrics.MetricsPage;
import dev.varve.storage.io.Ticker;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The HTTP port: accepts connections and hands them to its event loops. Opened by {@link #open}, closed in two steps, so
 * that what is in progress can end.
 */
public final class HttpListener {

    private static final int BACKLOG = 1024;
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 << 10, 128 << 10);

    private final MultiThreadIoEventLoopGroup group;
    private final Map<EventExecutor, EventLoopContext> loops = new HashMap<>();
    private final Channel channel;
    private final ServerContext server;

    /**
     * What the listener needs of its surroundings.
     *
     * @param served answers reads and takes writes
     * @param reads runs what may wait for the disk; takes any amount
     * @param syncs listens to the store
     * @param ticker measures durations
     * @param wallClock the time of day for {@code Date}
     */
    public record Surroundings(
            ServedStore served, Executor reads, LogSyncMetrics syncs, Ticker ticker, InstantSource wallClock) {}

    private HttpListener(ServerOptions options, Surroundings around, InetSocketAddress address) {
        ReadPool readPool = new ReadPool(around.reads(), options.maxQueuedReads());
        ServedStore served = around.served();
        server = new ServerContext(options, served, readPool, around.ticker(), around.wallClock());
        group = new MultiThreadIoEventLoopGroup(
                options.eventLoops(), new DefaultThreadFactory("varve-http", true), NioIoHandler.newFactory());
        Channel bound;
        try {
            bound = bootstrap().bind(address).syncUninterruptibly().channel();
        } catch (Throwable e) {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
            throw e;
        }
        channel = bound;
        InetSocketAddress local = address();
        String advertised = options.advertisedHttp();
        served.advertise(advertised != null ? advertised : hostOf(address) + ":" + local.getPort());
        for (EventExecutor executor : group) {
            AnswerWriter answers =
                    new AnswerWriter(served.leader(), served.store().incarnation(), served::durability);
            loops.put(executor, new EventLoopContext(server, (EventLoop) executor, answers));
        }
        MetricsPage page = new MetricsPage(
                served,
                around.syncs(),
                loops.values().stream().map(EventLoopContext::metrics).toList(),
                gauges(server));
        server.publishMetrics(accept -> new ServerContext.Page(page.mediaType(accept), page.text(accept)));
        loops.values().forEach(EventLoopContext::start);
    }

    /** Binds the port and begins to accept. Throws what the system says if the port cannot be had. */
    public static HttpListener open(ServerOptions options, Surroundings around, InetSocketAddress address) {
        HttpListener listener = new HttpListener(options, around, address);
        listener.channel.config().setAutoRead(true);
        return listener;
    }

    private ServerBootstrap bootstrap() {
        return new ServerBootstrap()
                // Accepting is little work: no thread of its own.
                .group(group)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                // Connections are accepted once everything that serves them is there.
                .option(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                // A client that has sent its request may close its side and still wait for the answer.
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel accepted) {
                        accept(accepted);
                    }
                });
    }

    private void accept(SocketChannel accepted) {
        EventLoopContext loop = loops.get(accepted.eventLoop());
        if (loop == null) {
            throw new IllegalStateException("a connection on a loop of somebody else");
        }
        int open = server.connections().incrementAndGet();
        accepted.closeFuture().addListener(closed -> server.connections().decrementAndGet());
        boolean tooMany = open > server.options().maxConnections();
        HttpConnection connection = new HttpConnection(loop, accepted, tooMany);
        accepted.pipeline().addLast(connection.reader().decoder(), connection);
    }

    /** The address that is listened on, with the port that was found if any free one was asked for. */
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** Stops accepting and asks the connections to end what they have begun, up to a bound. */
    public void drain(long timeoutNanos) {
        server.startDraining();
        channel.close().syncUninterruptibly();
        for (EventLoopContext loop : loops.values()) {
            loop.eventLoop().execute(loop::drain);
        }
        long begun = server.ticker().nanos();
        while (server.connections().get() > 0 && server.ticker().nanos() - begun < timeoutNanos) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    /** Closes what is left, and the event loops. */
    public void close() {
        for (EventLoopContext loop : loops.values()) {
            loop.eventLoop().execute(loop::abort);
        }
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private static String hostOf(InetSocketAddress address) {
        String host = address.getHostString();
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }

    private static List<Gauge> gauges(ServerContext server) {
        return List.of(
                new Gauge("varve_connections", "Connections that are open.", server.connections()::get),
                new Gauge(
                        "varve_request_memory_bytes",
                        "Memory held by requests and large answers.",
                        server.budget()::usedBytes),
                new Gauge(
                        "varve_request_memory_limit_bytes",
                        "Bound of the memory held by requests and large answers.",
                        server.budget()::capacityBytes),
                new Gauge(
                        "varve_requests_waiting_for_memory",
                        "Requests that are left unread in their sockets until there is memory.",
                        server.budget()::waiting),
                new Gauge(
                        "varve_reads_queued",
                        "Cold reads, ranges and large batches that wait for a thread.",
                        server.readPool()::queued),
                new Gauge(
                        "varve_commands_in_flight",
                        "Writes that are not answered yet.",
                        () -> stats(server).commandsInFlight()),
                new Gauge(
                        "varve_commands_in_flight_bytes",
                        "Keys and values of these.",
                        () -> stats(server).bytesInFlight()),
                new Gauge(
                        "varve_commands_waiting",
                        "Writes whose conditions are not decided yet.",
                        () -> stats(server).waitingCommands()));
    }

    private static SequencerStats stats(ServerContext server) {
        return server.served().sequencerStats();
    }
}
