package dev.varve.systemtests.chaos;

import dev.varve.systemtests.BitRot;
import dev.varve.systemtests.ClusterProcesses;
import dev.varve.systemtests.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/** What happens to the disk and the clock of a node, as far as this machine has the tools and the rights for it. */
final class MachineFaults {

    /** A bit is flipped. */
    static final String FLIP = "flip";

    private static final int SLOW_MILLIS_MAX = 300;
    private static final int JUMP_SECONDS_MAX = 10_000;

    /** Generous: the machine may be busy with other things. */
    private static final Duration HEALING = Duration.ofMinutes(5);

    private final ClusterProcesses cluster;
    private final Path directory;
    private final Tools tools;
    private final SmallDisk disk;
    private final String nodeOfDisk;
    private final Path clock;
    private final String nodeOfClock;

    /**
     * Faults of the machines of these nodes.
     *
     * @param directory in which each node has its own
     * @param disk of one node
     * @param clock the file from which one node has its time of day
     */
    MachineFaults(
            ClusterProcesses cluster,
            Path directory,
            Tools tools,
            SmallDisk disk,
            String nodeOfDisk,
            Path clock,
            String nodeOfClock) {
        this.cluster = cluster;
        this.directory = directory;
        this.tools = tools;
        this.disk = disk;
        this.nodeOfDisk = nodeOfDisk;
        this.clock = clock;
        this.nodeOfClock = nodeOfClock;
    }

    Map<String, Fault> all() {
        Map<String, Fault> faults = new TreeMap<>();
        faults.put(FLIP, this::flip);
        if (Tools.onPath("strace")) {
            faults.put("slow-disk", this::slowDisk);
        }
        if (disk.mounted()) {
            faults.put("full-disk", this::fullDisk);
        }
        if (!Tools.faketime().isEmpty()) {
            faults.put("clock", this::clock);
        }
        return faults;
    }

    /** Of damage there is one at a time, as long as it lasts: two replicas that lose the same are too many. */
    private String flip(String target, long hold, RandomGenerator random) throws IOException, InterruptedException {
        ServerProcess node = cluster.node(target);
        Path data = MemberFaults.data(directory, target);
        boolean stopped = random.nextInt(3) == 0;
        if (stopped) {
            node.stop();
        }
        BitRot.Flip flip = BitRot.flip(data, random, stopped);
        LockSupport.parkNanos(hold);
        if (stopped) {
            node.launch();
        }
        if (!BitRot.isHealed(node, flip, HEALING)) {
            throw new IllegalStateException(flip + " is still damaged");
        }
        return flip + (stopped ? ", while it was stopped" : "");
    }

    private String slowDisk(String target, long hold, RandomGenerator random) throws IOException, InterruptedException {
        int millis = 20 + random.nextInt(SLOW_MILLIS_MAX);
        Process strace = tools.start(
                "strace",
                "-f",
                "-p",
                "" + cluster.node(target).pid(),
                "-o",
                "/dev/null",
                "-e",
                "trace=fdatasync",
                "-e",
                "inject=fdatasync:delay_enter=" + TimeUnit.MILLISECONDS.toMicros(millis));
        LockSupport.parkNanos(hold);
        strace.destroy();
        strace.waitFor();
        return millis + " ms a sync";
    }

    private String fullDisk(String target, long hold, RandomGenerator random) throws IOException, InterruptedException {
        int left = random.nextInt(8);
        disk.shrink(left);
        try {
            LockSupport.parkNanos(hold);
        } finally {
            disk.enlarge();
        }
        return "of " + nodeOfDisk + ", " + left + " MiB left";
    }

    private String clock(String target, long hold, RandomGenerator random) throws IOException {
        int jump = random.nextInt(-JUMP_SECONDS_MAX, JUMP_SECONDS_MAX);
        setClock(clock, jump);
        LockSupport.parkNanos(hold);
        setClock(clock, 0);
        return "of " + nodeOfClock + " by " + jump + " s";
    }

    /** Sets how far a clock is ahead; takes effect within a second. */
    static void setClock(Path clock, int seconds) throws IOException {
        Path next = clock.resolveSibling(clock.getFileName() + ".next");
        Files.writeString(next, "%+d%n".formatted(seconds));
        Files.move(next, clock, StandardCopyOption.ATOMIC_MOVE);
    }

    /** The command of a process that has its time of day from a file, where that can be done; monotonic time stays true. */
    static List<String> withClock(Path clock, List<String> command) {
        List<String> whole = new ArrayList<>();
        for (Path library : Tools.faketime()) {
            whole.addAll(List.of(
                    "env",
                    "LD_PRELOAD=" + library,
                    "FAKETIME_TIMESTAMP_FILE=" + clock,
                    "FAKETIME_CACHE_DURATION=1",
                    "FAKETIME_DONT_FAKE_MONOTONIC=1",
                    "DONT_FAKE_MONOTONIC=1"));
        }
        whole.addAll(command);
        return whole;
    }
}
