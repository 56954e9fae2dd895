package dev.varve.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.varve.client.EntryJson;
import dev.varve.client.KeyValue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;

/** The HTTP contract over a map in memory. It can be stopped in the middle of requests and started again. */
public final class FakeServer implements AutoCloseable {

    /** What it holds, also while it is stopped. */
    public final NavigableMap<byte[], byte[]> entries = new ConcurrentSkipListMap<>(Arrays::compareUnsigned);

    /** Puts that it has answered. */
    public final AtomicInteger puts = new AtomicInteger();

    /** Values longer than this are refused. */
    public volatile int valueBytesMax = Integer.MAX_VALUE;

    /** Stops by itself in the middle of the put of this number. */
    public volatile int stopAtPut = Integer.MAX_VALUE;

    /** Breaks the connection of a range behind this entry, once. */
    public volatile int breakRangeAt = Integer.MAX_VALUE;

    /** The answer of {@code /v1/cluster}. */
    public volatile String clusterPage = "";

    /** The answer of {@code /v1/cluster/digests}. */
    public volatile String digestsPage = "";

    /** Changes of the cluster that were asked for. */
    public final List<String> changes = new CopyOnWriteArrayList<>();

    /** Changes of the cluster are refused. */
    public volatile boolean refusesChanges;

    private final int port;
    private @Nullable HttpServer server;

    public FakeServer() throws IOException {
        port = start(0);
    }

    public String url() {
        return "http://127.0.0.1:" + port;
    }

    /** Starts it again on its port. */
    public void restart() throws IOException {
        stopAtPut = Integer.MAX_VALUE;
        start(port);
    }

    private synchronized int start(int onPort) throws IOException {
        HttpServer starting = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), onPort), 100);
        starting.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        starting.createContext("/", this::handle);
        starting.start();
        server = starting;
        return starting.getAddress().getPort();
    }

    public synchronized void stop() {
        if (server != null) {
            server.stop(0);
            server = null;
        }
    }

    public synchronized boolean isStopped() {
        return server == null;
    }

    @Override
    public void close() {
        stop();
    }

    private void handle(HttpExchange exchange) throws IOException {
        Map<String, byte[]> query = query(exchange.getRequestURI().getRawQuery());
        byte[] key = query.getOrDefault("key", new byte[0]);
        switch (exchange.getRequestURI().getPath()) {
            case "/put" -> put(exchange, key);
            case "/read" -> {
                byte[] value = entries.get(key);
                answer(exchange, value == null ? 404 : 200, value == null ? problem("key-not-found") : value);
            }
            case "/delete" -> {
                boolean found = entries.remove(key) != null;
                answer(exchange, found ? 200 : 500, found ? new byte[0] : problem("key-not-found"));
            }
            case "/batchput" -> batch(exchange);
            case "/range" -> range(exchange, query);
            case "/v1/cluster" -> answer(exchange, 200, clusterPage.getBytes(StandardCharsets.UTF_8));
            case "/v1/cluster/digests" -> answer(exchange, 200, digestsPage.getBytes(StandardCharsets.UTF_8));
            case "/v1/cluster/compare",
                    "/v1/cluster/members",
                    "/v1/cluster/members/n5/promote",
                    "/v1/cluster/transfer-leadership" -> {
                changes.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
                answer(
                        exchange,
                        refusesChanges ? 400 : 200,
                        refusesChanges ? problem("invalid-argument") : "{}".getBytes(StandardCharsets.UTF_8));
            }
            case "/readyz" -> answer(exchange, 200, "ready\n".getBytes(StandardCharsets.UTF_8));
            case "/metrics" ->
                answer(exchange, 200, "# HELP varve_x y\nvarve_x{kind=\"put\"} 7\n".getBytes(StandardCharsets.UTF_8));
            default -> answer(exchange, 404, problem("no-such-route"));
        }
    }

    private void put(HttpExchange exchange, byte[] key) throws IOException {
        byte[] value = exchange.getRequestBody().readAllBytes();
        if (value.length > valueBytesMax) {
            answer(exchange, 413, problem("value-too-large"));
            return;
        }
        if (puts.incrementAndGet() == stopAtPut) {
            stop();
            return;
        }
        entries.put(key, value);
        answer(exchange, 200, new byte[0]);
    }

    private void batch(HttpExchange exchange) throws IOException {
        try (JsonParser parser = EntryJson.FACTORY.createParser(
                ObjectReadContext.empty(), exchange.getRequestBody().readAllBytes())) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                byte[] key = parser.currentName().getBytes(StandardCharsets.UTF_8);
                parser.nextToken();
                entries.put(key, parser.getString().getBytes(StandardCharsets.UTF_8));
            }
        }
        answer(exchange, 200, new byte[0]);
    }

    private void range(HttpExchange exchange, Map<String, byte[]> query) throws IOException {
        NavigableMap<byte[], byte[]> range = entries.subMap(query.get("start"), true, query.get("end"), true);
        byte[] after = query.get("after");
        if (after != null) {
            range = range.tailMap(after, false);
        }
        byte[] limitText = query.get("limit");
        long limit = limitText == null ? Long.MAX_VALUE : Long.parseLong(new String(limitText, StandardCharsets.UTF_8));
        exchange.sendResponseHeaders(200, 0);
        OutputStream body = exchange.getResponseBody();
        JsonGenerator generator = EntryJson.FACTORY.createGenerator(ObjectWriteContext.empty(), body);
        generator.writeStartArray();
        long sent = 0;
        for (Map.Entry<byte[], byte[]> entry : range.entrySet()) {
            if (sent++ == limit) {
                break;
            }
            if (sent == breakRangeAt) {
                breakRangeAt = Integer.MAX_VALUE;
                generator.flush();
                body.flush();
                stop();
                return;
            }
            EntryJson.write(generator, new KeyValue(entry.getKey(), entry.getValue()));
        }
        generator.writeEndArray();
        generator.close();
    }

    private static byte[] problem(String code) {
        return ("{\"code\":\"" + code + "\",\"title\":\"No\",\"detail\":\"Refused: " + code + ".\"}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static Map<String, byte[]> query(@Nullable String raw) {
        Map<String, byte[]> query = new HashMap<>();
        if (raw != null) {
            for (String part : raw.split("&", -1)) {
                int equals = part.indexOf('=');
                query.put(part.substring(0, equals), decode(part.substring(equals + 1)));
            }
        }
        return query;
    }

    private static byte[] decode(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '%') {
                bytes.write(Integer.parseInt(text, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.write(text.charAt(i));
            }
        }
        return bytes.toByteArray();
    }
}
