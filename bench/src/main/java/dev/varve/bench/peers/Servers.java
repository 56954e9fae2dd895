package dev.varve.bench.peers;

import dev.varve.bench.harness.Processes;
import dev.varve.cli.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The servers of one round: Varve, etcd and, where each is alone, bare Netty, with their default settings, on empty directories, filled with the
 * {@link KeySpace}. Of a cluster the leader is asked, which is best for both. Closing stops them and removes their data.
 */
final class Servers implements AutoCloseable {

    private static final List<String> SCRIPTS = List.of("requests.lua", "varve.lua", "etcd.lua");
    private static final Pattern VARVE_VOTER = Pattern.compile("\\{[^{}]*\"voter\":true[^{}]*\"reachable\":true");
    private static final Pattern ETCD_MEMBER = Pattern.compile("\"member_id\":\"([0-9]+)\"");
    private static final Pattern ETCD_LEADER = Pattern.compile("\"leader\":\"([0-9]+)\"");

    private final Processes processes;
    private final int nodes;
    private final int valueBytes;
    private final ServerStarter starter;
    private final List<Contender> contenders = new ArrayList<>();

    /**
     * Starts and fills them.
     *
     * @param varve the launcher
     * @param nodes how many nodes a cluster has; with one it is none
     * @param valueBytes how long the values are
     */
    Servers(Processes processes, Path varve, int nodes, int valueBytes) {
        this.processes = processes;
        this.nodes = nodes;
        this.valueBytes = valueBytes;
        this.starter = new ServerStarter(processes);
        try {
            String varveUrl = nodes == 1 ? startVarve(varve) : startVarveCluster(varve);
            String etcdUrl = startEtcd();
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
            contenders.add(new Contender(Contender.VARVE, all, new Wrk(processes, varveScript, varveUrl)));
            contenders.add(new Contender(Contender.ETCD_GRPC, all, new H2load(processes, etcdUrl)));
            contenders.add(new Contender(
                    Contender.ETCD_JSON, all, new Wrk(processes, directory.resolve("etcd.lua"), etcdUrl)));
            if (nodes == 1) {
                Wrk bare = new Wrk(processes, varveScript, startNetty());
                contenders.add(new Contender(Contender.NETTY, EnumSet.of(Operation.GET), bare));
            }
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
        String address = ServerStarter.freeAddress();
        starter.start("varve", List.of(launcher.toString(), "server", "--data", varveData(0), "--http", address));
        String url = "http://" + address;
        starter.await("varve", () -> starter.answers(url + "/readyz"));
        return url;
    }

    /** Returns the URL of the leader. */
    private String startVarveCluster(Path launcher) {
        List<String> clients = addresses();
        List<String> raft = addresses();
        String peers = IntStream.range(0, nodes)
                .mapToObj(node -> "n" + node + "=" + raft.get(node))
                .collect(Collectors.joining(","));
        for (int node = 0; node < nodes; node++) {
            List<String> command = new ArrayList<>(List.of(launcher.toString(), "server"));
            command.addAll(List.of("--data", varveData(node), "--http", clients.get(node)));
            command.addAll(List.of("--node-id", "n" + node, "--raft", raft.get(node), "--peers", peers));
            if (node == 0) {
                command.add("--bootstrap");
            }
            starter.start("varve-" + node, command);
        }
        String first = "http://" + clients.getFirst();
        starter.await(
                "varve-0",
                () -> starter.answers(first + "/readyz")
                        && voters(starter.get(first + "/v1/cluster").body()) == nodes);
        HttpResponse<String> answer = starter.get(first + "/v1/cluster");
        String leader = answer.headers()
                .firstValue("Varve-Leader")
                .orElseThrow(() -> new Failure("the cluster has no leader: " + answer.body()));
        return "http://" + leader.substring(leader.indexOf('=') + 1);
    }

    /** Returns the URL of the leader. */
    private String startEtcd() {
        List<String> clients =
                addresses().stream().map(address -> "http://" + address).toList();
        List<String> peers =
                addresses().stream().map(address -> "http://" + address).toList();
        String cluster = IntStream.range(0, nodes)
                .mapToObj(node -> "n" + node + "=" + peers.get(node))
                .collect(Collectors.joining(","));
        for (int node = 0; node < nodes; node++) {
            starter.start(
                    "etcd-" + node,
                    List.of(
                            "etcd",
                            "--name=n" + node,
                            "--data-dir=" + etcdData(node),
                            "--listen-client-urls=" + clients.get(node),
                            "--advertise-client-urls=" + clients.get(node),
                            "--listen-peer-urls=" + peers.get(node),
                            "--initial-advertise-peer-urls=" + peers.get(node),
                            "--initial-cluster=" + cluster,
                            "--log-level=error"));
        }
        for (int node = 0; node < nodes; node++) {
            String url = clients.get(node);
            starter.await("etcd-" + node, () -> starter.answers(url + "/health"));
        }
        return clients.stream()
                .filter(url -> leads(starter.post(url + "/v3/maintenance/status", "{}")))
                .findFirst()
                .orElseThrow(() -> new Failure("no node of etcd leads"));
    }

    /** How many members of a cluster of Varve vote and are reachable. */
    static long voters(String clusterPage) {
        return VARVE_VOTER.matcher(clusterPage).results().count();
    }

    /** Reads what a node of etcd says of itself. */
    static boolean leads(String status) {
        Matcher member = ETCD_MEMBER.matcher(status);
        Matcher leader = ETCD_LEADER.matcher(status);
        return member.find() && leader.find() && member.group(1).equals(leader.group(1));
    }

    private String startNetty() {
        String address = ServerStarter.freeAddress();
        starter.start(
                "netty",
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.varve.bench.BareHttpServer",
                        address.substring(address.indexOf(':') + 1)));
        String url = "http://" + address;
        starter.await("netty", () -> starter.answers(url + "/"));
        return url;
    }

    private List<String> addresses() {
        return Stream.generate(ServerStarter::freeAddress).limit(nodes).toList();
    }

    private static String varveData(int node) {
        return "varve-data-" + node;
    }

    private static String etcdData(int node) {
        return "etcd-data-" + node;
    }

    /** Stores all keys, in batches. */
    private void fill(String url, BiFunction<String, String, String> entry, String before, String after) {
        for (int first = 0; first < KeySpace.KEYS; first += KeySpace.GROUP_KEYS) {
            String body = IntStream.range(first, first + KeySpace.GROUP_KEYS)
                    .mapToObj(number -> entry.apply(KeySpace.key(number), KeySpace.value(number, valueBytes)))
                    .collect(Collectors.joining(",", before, after));
            starter.post(url, body);
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

    @Override
    public void close() {
        starter.close();
        try {
            for (int node = 0; node < nodes; node++) {
                processes.remove(varveData(node));
                processes.remove(etcdData(node));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
