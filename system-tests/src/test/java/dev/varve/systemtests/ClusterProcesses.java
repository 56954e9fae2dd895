package dev.varve.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.client.KeyValue;
import dev.varve.client.RangeQuery;
import dev.varve.client.RangeReader;
import dev.varve.client.UnreachableException;
import dev.varve.client.VarveClient;
import dev.varve.testkit.network.FreePort;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The nodes of a cluster as processes of their own. For one thread at a time, but for what is said to be for all. */
public final class ClusterProcesses implements AutoCloseable {

    /** The names of three nodes. */
    public static final List<String> NAMES = List.of("n1", "n2", "n3");

    private static final List<String> JVM =
            List.of("-Xmx160m", "-XX:TieredStopAtLevel=1"); // Many lives on few cores, all short.

    /** The route of all that a node has. */
    private static final String CONTENTS = "/range?start=%00&end=%FF&consistency=stale";

    private static final Pattern LEADER = Pattern.compile("\"leader\":\"([^\"]+)\"");
    private static final Pattern LAG = Pattern.compile("\"lag\":([0-9]+)");

    private final Path directory;
    private final List<String> furtherArguments;
    private final PeerLinks links;
    private final Starter starter;
    private final Map<String, Integer> raftPorts = new LinkedHashMap<>();
    private final Map<String, ServerProcess> nodes = new LinkedHashMap<>();
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    /** How the nodes reach each other. */
    @FunctionalInterface
    public interface PeerLinks {

        /**
         * The port of this machine at which one node finds another.
         *
         * @param listened where that one listens
         */
        int port(String from, String to, int listened) throws IOException;
    }

    /** Makes the command that starts a node. */
    @FunctionalInterface
    public interface Starter {

        /**
         * The whole command line.
         *
         * @param jvmOptions what the JVM needs to be small
         * @param arguments those of {@code varve}
         */
        List<String> command(String name, List<String> jvmOptions, List<String> arguments);
    }

    /**
     * Three nodes that reach each other directly. Nothing is started yet.
     *
     * @param further arguments for all nodes
     */
    ClusterProcesses(Path directory, String... further) throws IOException {
        this(
                directory,
                NAMES,
                Stream.concat(Stream.of("--memory=40MiB"), Stream.of(further)).toList(),
                (from, to, listened) -> listened,
                (name, jvmOptions, arguments) -> Program.command(jvmOptions, arguments));
    }

    /**
     * The same with other nodes, links and commands. The first node founds the cluster.
     *
     * @param furtherArguments of {@code varve server}, for all nodes
     */
    public ClusterProcesses(
            Path directory, List<String> names, List<String> furtherArguments, PeerLinks links, Starter starter)
            throws IOException {
        this.directory = directory;
        this.furtherArguments = furtherArguments;
        this.links = links;
        this.starter = starter;
        for (String name : names) {
            raftPorts.put(name, FreePort.find());
        }
        for (String name : names) {
            nodes.put(name, process(name, name));
        }
    }

    /** A process on the directory of a node, which takes itself for the node of another name, or the same. */
    ServerProcess process(String directoryName, String name) throws IOException {
        List<String> arguments = new ArrayList<>(
                List.of("--node-id", name, "--raft", "127.0.0.1:" + raftPorts.get(name), "--peers", peers(name)));
        arguments.addAll(furtherArguments);
        if (name.equals(names().getFirst())) {
            arguments.add("--bootstrap");
        }
        return new ServerProcess(
                directory.resolve(directoryName),
                line -> starter.command(name, JVM, line),
                arguments.toArray(String[]::new));
    }

    private String peers(String of) throws IOException {
        List<String> peers = new ArrayList<>();
        for (Map.Entry<String, Integer> peer : raftPorts.entrySet()) {
            boolean itself = peer.getKey().equals(of);
            int port = itself ? peer.getValue() : links.port(of, peer.getKey(), peer.getValue());
            peers.add(peer.getKey() + "=127.0.0.1:" + port);
        }
        return String.join(",", peers);
    }

    /** The names of its nodes. */
    public List<String> names() {
        return List.copyOf(raftPorts.keySet());
    }

    /** Starts all of them and waits until they are members and somebody leads. */
    public ClusterProcesses start() throws IOException {
        for (ServerProcess node : nodes.values()) {
            node.launch();
        }
        nodes.values().forEach(ServerProcess::awaitReady);
        return this;
    }

    /** The process of a node. */
    public ServerProcess node(String name) {
        return Objects.requireNonNull(nodes.get(name));
    }

    /** A client that begins with this node, and goes to the next one when it is away. For all threads. */
    public VarveClient client(String first) {
        String others = names().stream()
                .filter(name -> !name.equals(first))
                .map(name -> node(name).url())
                .collect(Collectors.joining(","));
        return VarveClient.connect(node(first).url() + "," + others);
    }

    /** Waits until a node other than the given one leads, as one that is not that one either says, and returns its name. */
    public String awaitLeader(@Nullable String except) {
        String asked = names().stream()
                .filter(name -> !name.equals(except))
                .findFirst()
                .orElseThrow();
        String[] found = new String[1];
        node(asked).await("a leader", () -> {
            String leader = leader(asked);
            found[0] = leader;
            return leader != null && !leader.equals(except);
        });
        return Objects.requireNonNull(found[0]);
    }

    private @Nullable String leader(String asked) {
        try (VarveClient client = node(asked).client()) {
            Matcher leader = LEADER.matcher(client.page("/v1/cluster").text());
            return leader.find() ? leader.group(1) : null;
        } catch (UnreachableException away) {
            return null;
        }
    }

    /** Waits until all nodes have applied all that any of them knows to be committed. */
    public void awaitCaughtUp() {
        for (String name : names()) {
            try (VarveClient client = node(name).client()) {
                node(name).await("all nodes have caught up, as " + name + " sees it", caughtUp(client));
            }
        }
    }

    /** Waits until every node sees a leader, and all others as reachable members. */
    void awaitWhole() {
        for (String name : NAMES) {
            try (VarveClient client = node(name).client()) {
                node(name).await("all nodes are there, as " + name + " sees it", () -> {
                    String page = client.page("/v1/cluster").text();
                    return !page.contains("\"reachable\":false")
                            && !page.contains("\"voter\":false")
                            && LEADER.matcher(page).find();
                });
            }
        }
    }

    private static BooleanSupplier caughtUp(VarveClient client) {
        return () -> {
            String page = client.page("/v1/cluster").text();
            return !page.contains("\"reachable\":false")
                    && !page.contains("\"voter\":false")
                    && LAG.matcher(page).results().allMatch(lag -> lag.group(1).equals("0"));
        };
    }

    /** Everything that a node has, whatever the others have. */
    String contents(String name) throws IOException, InterruptedException {
        return get(name, CONTENTS).body();
    }

    /** A digest of the same, which may be larger than the heap. */
    String digest(String name) throws IOException, InterruptedException, NoSuchAlgorithmException {
        HttpResponse<InputStream> answer =
                http.send(request(name, CONTENTS), HttpResponse.BodyHandlers.ofInputStream());
        assertThat(answer.statusCode()).isEqualTo(200);
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (InputStream contents = new DigestInputStream(answer.body(), digest)) {
            contents.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** The answer of one node to a GET. */
    public HttpResponse<String> get(String name, String target) throws IOException, InterruptedException {
        return http.send(request(name, target), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    private HttpRequest request(String name, String target) {
        return HttpRequest.newBuilder(URI.create(node(name).url() + target))
                .timeout(Duration.ofSeconds(Program.PATIENCE_SECONDS))
                .build();
    }

    /** The value of a key as one node reads it, or null. */
    @Nullable
    String read(String name, String key) throws IOException, InterruptedException {
        HttpResponse<String> answer = get(name, "/read?key=" + URLEncoder.encode(key, StandardCharsets.UTF_8));
        if (answer.statusCode() == 404) {
            return null;
        }
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    /** All entries of a client's range, as text. */
    static Map<String, String> entries(VarveClient client, String prefix) {
        Map<String, String> entries = new LinkedHashMap<>();
        try (RangeReader range = client.range(RangeQuery.prefix(prefix.getBytes(StandardCharsets.UTF_8)))) {
            for (KeyValue entry = range.next(); entry != null; entry = range.next()) {
                entries.put(
                        new String(entry.key(), StandardCharsets.UTF_8),
                        new String(entry.value(), StandardCharsets.UTF_8));
            }
        }
        return entries;
    }

    /** Sends a signal, such as STOP or CONT, to a node. */
    public void signal(String name, String signal) throws IOException, InterruptedException {
        int exit = new ProcessBuilder(
                        "kill", "-" + signal, Long.toString(node(name).pid()))
                .start()
                .waitFor();
        assertThat(exit).isZero();
    }

    /** All that the nodes printed. */
    public String logs() {
        return names().stream()
                .map(name -> "---- " + name + "\n" + node(name).log())
                .collect(Collectors.joining("\n"));
    }

    @Override
    public void close() {
        nodes.values().forEach(ServerProcess::close);
    }
}
