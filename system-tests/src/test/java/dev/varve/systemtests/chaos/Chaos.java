package dev.varve.systemtests.chaos;

import dev.varve.client.VarveClient;
import dev.varve.client.VarveException;
import dev.varve.storage.io.Ticker;
import dev.varve.systemtests.ClusterProcesses;
import dev.varve.systemtests.Program;
import dev.varve.systemtests.ServerProcess;
import dev.varve.testkit.history.HistoryFile;
import dev.varve.testkit.history.Recorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** One run: starts the nodes and the clients, lets the nemesis do its work, and says what came of it. What its parts share is for all threads. */
final class Chaos {

    /** Small, so that much goes on in the background. */
    private static final List<String> ARGUMENTS = List.of(
            "--memory=8MiB",
            "--max-value-bytes=64KiB",
            "--max-batch-bytes=512KiB",
            "--log-retention-bytes=16MiB",
            "--rebuild");

    private static final int CLIENTS = 9;
    private static final Pattern ENTRY = Pattern.compile("\\{\"key\":\"([^\"]*)\",\"value\":\"([^\"]*)\"}");

    private final Plan plan;
    private final Path directory;
    private final SplittableRandom random;
    private final Recorder recorder = new Recorder(Ticker.system());
    private final Timeline timeline = new Timeline();
    private final Keyspace keyspace;
    private final StoreClient http;
    private final ConcurrentLinkedQueue<String> violations = new ConcurrentLinkedQueue<>();
    private volatile boolean stopped;

    /**
     * What is to be done.
     *
     * @param names of the nodes, two or more
     * @param components sets of keys in use at a time: the fewer, the sooner each has had its calls, and is judged
     * @param length how long faults go on, if nothing is found
     * @param seed from which everything follows that is drawn
     */
    record Plan(List<String> names, int components, Duration length, long seed) {}

    /**
     * A run that is not begun.
     *
     * @param http closed with the run
     * @param directory of the nodes, and of what is left of the run: the history and the page
     */
    Chaos(StoreClient http, Plan plan, Path directory) {
        this.http = http;
        this.plan = plan;
        this.directory = directory;
        this.random = new SplittableRandom(plan.seed());
        this.keyspace = new Keyspace(plan.components());
    }

    Recorder recorder() {
        return recorder;
    }

    Timeline timeline() {
        return timeline;
    }

    Keyspace keyspace() {
        return keyspace;
    }

    StoreClient http() {
        return http;
    }

    /** True when no further call is to begin. */
    boolean stopped() {
        return stopped;
    }

    /** Something was seen that must not be. */
    void violation(String words) {
        violations.add("at second %.1f: %s".formatted(recorder.nanos() / 1e9, words));
    }

    List<String> violations() {
        return List.copyOf(violations);
    }

    Path history() {
        return directory.resolve("history.jsonl");
    }

    /** Runs it all, and returns what is to be said of it. */
    String run() throws IOException, InterruptedException {
        Tools tools = new Tools(directory);
        List<String> names = plan.names();
        String nodeOfClock = names.get(1);
        String nodeOfDisk = names.getLast();
        Path clock = directory.resolve("clock");
        MachineFaults.setClock(clock, 0);
        try (FaultNetwork network = new FaultNetwork(random.split());
                HistoryFile file = new HistoryFile(history());
                SmallDisk disk = new SmallDisk(tools, MemberFaults.data(directory, nodeOfDisk));
                ClusterProcesses cluster =
                        new ClusterProcesses(directory, names, ARGUMENTS, network, (name, jvmOptions, arguments) -> {
                            List<String> options = new ArrayList<>(jvmOptions);
                            options.add("-XX:+HeapDumpOnOutOfMemoryError");
                            options.add("-XX:HeapDumpPath=" + directory.resolve(name));
                            List<String> command = Program.command(options, arguments);
                            return name.equals(nodeOfClock) ? MachineFaults.withClock(clock, command) : command;
                        })) {
            cluster.start();
            Map<String, Fault> ofProcesses = new ProcessFaults(cluster).all();
            ofProcesses.putAll(
                    new MachineFaults(cluster, directory, tools, disk, nodeOfDisk, clock, nodeOfClock).all());
            ofProcesses.putAll(new MemberFaults(cluster, directory).all());
            Map<String, Fault> ofNetwork = new NetworkFaults(network, names).all();
            return run(cluster, network, file, ofProcesses, ofNetwork);
        } finally {
            http.close();
        }
    }

    private String run(
            ClusterProcesses cluster,
            FaultNetwork network,
            HistoryFile file,
            Map<String, Fault> ofProcesses,
            Map<String, Fault> ofNetwork)
            throws IOException, InterruptedException {
        List<String> direct = new ArrayList<>();
        List<String> fronts = new ArrayList<>();
        for (String node : cluster.names()) {
            direct.add(cluster.node(node).url());
            fronts.add(network.front(node, cluster.node(node).url()));
        }
        Judge judge = new Judge(this, direct, file);
        Leaders leaders = new Leaders(this, cluster);
        Nemesis nemesis = new Nemesis(this, cluster, leaders, ofProcesses, ofNetwork, random.split());
        List<Thread> threads = new ArrayList<>();
        threads.add(Thread.startVirtualThread(leaders));
        threads.add(Thread.ofPlatform().name("judge").start(judge));
        threads.add(Thread.startVirtualThread(new Filler(this, direct, random.split())));
        for (int i = 0; i < CLIENTS; i++) {
            threads.add(
                    Thread.startVirtualThread(new ChaosClient(i, this, i % 3 == 0 ? fronts : direct, random.split())));
        }
        nemesis.run(plan.length().toNanos());
        stopped = true;
        for (Thread thread : threads) {
            thread.join();
        }
        keyspace.retireAll();
        judge.judge(0);
        recorder.reversals().forEach(this::violation);
        if (http.damagesTold() > 0 && !nemesis.counts().containsKey(MachineFaults.FLIP)) {
            violation("clients were told of damage, and there was none");
        }
        String background = background(cluster);
        compareNodes(cluster, judge);
        String summary = summary(nemesis, judge, network, background);
        Files.writeString(directory.resolve("timeline.html"), TimelinePage.of(timeline, summary));
        return summary;
    }

    /** What the nodes did besides, each since it was started last. */
    private static String background(ClusterProcesses cluster) {
        return cluster.names().stream()
                .map(node -> background(node, cluster.node(node)))
                .collect(Collectors.joining("; ", "since their last starts: ", ""));
    }

    private static String background(String name, ServerProcess node) {
        try (VarveClient client = node.client()) {
            return "%s %.0f flushes, %.0f merges, %.0f MB of log, %.0f MB moved"
                    .formatted(
                            name,
                            node.metric(client, "varve_flushes_total"),
                            node.metric(client, "varve_compactions_total"),
                            node.metric(client, "varve_log_bytes") / 1e6,
                            node.metric(client, "varve_moved_bytes_total") / 1e6);
        } catch (VarveException away) {
            return name + " does not say";
        }
    }

    /** All nodes must hold the same in the end, and what had settled. */
    private void compareNodes(ClusterProcesses cluster, Judge judge) throws IOException, InterruptedException {
        cluster.awaitCaughtUp();
        Set<Map<String, String>> distinct = new HashSet<>();
        for (String node : cluster.names()) {
            String body = cluster.get(node, "/range?start=%00&end=%FF&consistency=stale")
                    .body();
            Map<String, String> found = new TreeMap<>();
            Matcher entry = ENTRY.matcher(body);
            while (entry.find()) {
                found.put(entry.group(1), Payload.name(entry.group(2)));
            }
            judge.compare(node, found);
            distinct.add(found);
        }
        if (distinct.size() > 1) {
            violation("the nodes hold " + distinct.size() + " different contents in the end");
        }
    }

    private String summary(Nemesis nemesis, Judge judge, FaultNetwork network, String background) {
        int faults =
                nemesis.counts().values().stream().mapToInt(Integer::intValue).sum();
        String gaps = timeline.longestGaps().entrySet().stream()
                .map(each -> String.format(Locale.ROOT, "%s %.1f", each.getKey(), each.getValue()))
                .collect(Collectors.joining(", "));
        double longest = timeline.gaps().stream()
                .mapToDouble(Timeline.Bar::seconds)
                .max()
                .orElse(0);
        List<String> found = violations();
        return String.join(
                "\n",
                "chaos: %d s, seed %d: %s".formatted(plan.length().toSeconds(), plan.seed(), timeline.outcomes()),
                "%d faults of %d kinds: %s".formatted(faults, nemesis.counts().size(), nemesis.counts()),
                "%d messages between nodes sent twice; %s; %d answers that told of damage"
                        .formatted(network.repeated(), timeline.repetitions(), http.damagesTold()),
                String.format(
                        Locale.ROOT,
                        "longest time without an acknowledged write: %.1f s; around a fault of a kind, in s (0: below 0.4): %s",
                        longest,
                        gaps),
                judge.summary(),
                background,
                found.isEmpty()
                        ? "verdict: linearizable, nothing lost, all nodes hold the same"
                        : "verdict: " + found.size() + " violations\n" + String.join("\n", found));
    }
}
