package dev.varve.bench.peers;

import dev.varve.bench.harness.Processes;
import dev.varve.cli.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The servers of one round: Varve, etcd and bare Netty, each with its default settings, on empty directories, filled with the
 * {@link KeySpace}. Closing stops them and removes their data.
 */
final class Servers implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(30);
    private static final Duration REQUEST = Duration.ofSeconds(20);
    private static final String VARVE_DATA = "varve-data";
    private static final String ETCD_DATA = "etcd-data";
    private static final long POLL_MILLIS = 50;
    private static final List<String> SCRIPTS = List.of("requests.lua", "varve.lua", "etcd.lua");

    private final Processes processes;
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Process> started = new ArrayList<>();
    private final List<Contender> contenders;

    /**
     * Starts and fills them.
     *
     * @param varve the launcher
     */
    Servers(Processes processes, Path varve) {
        this.processes = processes;
        try {
            String varveUrl = startVarve(varve);
            String etcdUrl = startEtcd();
            String nettyUrl = startNetty();
            fill(varveUrl + "/batchput", (key, value) -> "\"" + key + "\":\"" + value + "\"", "{", "}");
            fill(
                    etcdUrl + "/v3/kv/txn",
                    (key, value) ->
                            "{\"requestPut\":{\"key\":\"%s\",\"value\":\"%s\"}}".formatted(base64(key), base64(value)),
                    "{\"success\":[",
                    "]}");
            Path directory = processes.directory();
            for (String script : SCRIPTS) {
                copy(script, directory);
            }
            Path varveScript = directory.resolve("varve.lua");
            EnumSet<Operation> all = EnumSet.allOf(Operation.class);
            contenders = List.of(
                    new Contender(Contender.VARVE, all, new Wrk(processes, varveScript, varveUrl)),
                    new Contender(Contender.ETCD_GRPC, all, new H2load(processes, etcdUrl)),
                    new Contender(Contender.ETCD_JSON, all, new Wrk(processes, directory.resolve("etcd.lua"), etcdUrl)),
                    new Contender(
                            Contender.NETTY, EnumSet.of(Operation.GET), new Wrk(processes, varveScript, nettyUrl)));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** All servers by all their interfaces. */
    List<Contender> contenders() {
        return contenders;
    }

    private String startVarve(Path launcher) {
        int port = freePort();
        String address = "127.0.0.1:" + port;
        return start(
                "varve",
                List.of(launcher.toString(), "server", "--data", VARVE_DATA, "--http", address),
                "http://" + address,
                "/readyz");
    }

    private String startEtcd() {
        String client = "http://127.0.0.1:" + freePort();
        String peer = "http://127.0.0.1:" + freePort();
        return start(
                "etcd",
                List.of(
                        "etcd",
                        "--name=peer",
                        "--data-dir=" + ETCD_DATA,
                        "--listen-client-urls=" + client,
                        "--advertise-client-urls=" + client,
                        "--listen-peer-urls=" + peer,
                        "--initial-advertise-peer-urls=" + peer,
                        "--initial-cluster=peer=" + peer,
                        "--log-level=error"),
                client,
                "/health");
    }

    private String startNetty() {
        int port = freePort();
        return start(
                "netty",
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.varve.bench.BareHttpServer",
                        Integer.toString(port)),
                "http://127.0.0.1:" + port,
                "/");
    }

    /** Starts a server, waits until it answers, and returns its URL. */
    private String start(String name, List<String> command, String url, String page) {
        Process process = processes.start(name, command);
        started.add(process);
        long deadline = System.nanoTime() + START.toNanos();
        while (System.nanoTime() < deadline && process.isAlive()) {
            if (answers(url + page)) {
                return url;
            }
            sleep();
        }
        throw new Failure(name
                + (process.isAlive() ? " does not answer within " + START.toSeconds() + " s: " : " ended: ")
                + processes.tail(name));
    }

    private boolean answers(String url) {
        try {
            return send(HttpRequest.newBuilder(URI.create(url))).statusCode() == 200;
        } catch (ConnectException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        try {
            return http.send(request.timeout(REQUEST).build(), BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new Failure("Interrupted.", e);
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            throw new Failure("Interrupted.", e);
        }
    }

    /** Stores all keys, in batches. */
    private void fill(String url, BiFunction<String, String, String> entry, String before, String after) {
        for (int first = 0; first < KeySpace.KEYS; first += KeySpace.GROUP_KEYS) {
            String body = IntStream.range(first, first + KeySpace.GROUP_KEYS)
                    .mapToObj(number -> entry.apply(KeySpace.key(number), KeySpace.value(number)))
                    .collect(Collectors.joining(",", before, after));
            try {
                HttpResponse<String> answer =
                        send(HttpRequest.newBuilder(URI.create(url)).POST(BodyPublishers.ofString(body)));
                if (answer.statusCode() != 200) {
                    throw new Failure(url + " answered " + answer.statusCode() + ": " + answer.body());
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void copy(String script, Path directory) {
        try (InputStream in = Objects.requireNonNull(Servers.class.getResourceAsStream(script), script)) {
            Files.write(directory.resolve(script), in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        http.close();
        started.forEach(processes::stop);
        try {
            for (String data : List.of(VARVE_DATA, ETCD_DATA)) {
                processes.remove(data);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
