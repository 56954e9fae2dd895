package dev.varve.systemtests.chaos;

import dev.varve.client.VarveException;
import dev.varve.systemtests.ClusterProcesses;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets faults happen, in rounds: one, or one to a process and one to the network at once, then peace until writing goes on, and now and then until all nodes
 * have caught up. If they do not, that is a finding as well. For one thread.
 */
final class Nemesis {

    private static final long HOLD_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long HOLD_NANOS_MAX = TimeUnit.SECONDS.toNanos(4);
    private static final long PEACE_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int WRITES_OF_RECOVERY = 20;
    /** Generous: the machine may be busy with other things. */
    private static final int RECOVERY_SECONDS_MAX = 300;

    private static final int ROUNDS_BETWEEN_COMPARISONS = 6;

    private final Chaos chaos;
    private final ClusterProcesses cluster;
    private final Leaders leaders;
    private final SplittableRandom random;
    private final Map<String, Fault> ofProcesses;
    private final Map<String, Fault> ofNetwork;
    private final Map<String, Integer> counts = new TreeMap<>();
    private final List<String> order = new ArrayList<>();
    private int rounds;

    Nemesis(
            Chaos chaos,
            ClusterProcesses cluster,
            Leaders leaders,
            Map<String, Fault> ofProcesses,
            Map<String, Fault> ofNetwork,
            SplittableRandom random) {
        this.chaos = chaos;
        this.cluster = cluster;
        this.leaders = leaders;
        this.ofProcesses = ofProcesses;
        this.ofNetwork = ofNetwork;
        this.random = random;
    }

    /** Goes on until the time is over, or something was found. */
    void run(long nanos) throws InterruptedException {
        long end = chaos.recorder().nanos() + nanos;
        while (chaos.recorder().nanos() < end && chaos.violations().isEmpty()) {
            LockSupport.parkNanos(random.nextLong(PEACE_NANOS_MAX));
            round();
        }
    }

    private void round() throws InterruptedException {
        int kind = random.nextInt(5);
        Thread second = null;
        if (kind == 0) {
            Strike beside = draw(ofNetwork);
            second = Thread.startVirtualThread(() -> strike(beside));
        }
        strike(draw(kind <= 2 ? ofProcesses : ofNetwork));
        if (second != null) {
            second.join();
        }
        awaitReady();
        awaitWrites();
        if (++rounds % ROUNDS_BETWEEN_COMPARISONS == 0) {
            awaitEqual();
        }
    }

    /** What is to happen to whom. */
    private record Strike(String kind, Fault fault, String target, long holdNanos, SplittableRandom random) {}

    /** Each kind as often as any other, and half of them to who leads. */
    private Strike draw(Map<String, Fault> faults) {
        if (order.stream().noneMatch(faults::containsKey)) {
            order.addAll(faults.keySet());
        }
        List<String> left = order.stream().filter(faults::containsKey).toList();
        String kind = left.get(random.nextInt(left.size()));
        order.remove(kind);
        Fault fault = faults.get(kind);
        List<String> nodes = cluster.names();
        String target = random.nextBoolean() ? leaders.leader() : nodes.get(random.nextInt(nodes.size()));
        long hold = random.nextLong(HOLD_NANOS_MIN, HOLD_NANOS_MAX);
        return new Strike(kind, Objects.requireNonNull(fault), target, hold, random.split());
    }

    private void strike(Strike strike) {
        long begin = chaos.recorder().nanos();
        String said = "";
        try {
            said = strike.fault().strike(strike.target(), strike.holdNanos(), strike.random());
        } catch (Exception | AssertionError e) {
            chaos.violation(strike.kind() + " of " + strike.target() + " failed: " + e);
        }
        chaos.timeline()
                .fault(
                        strike.kind(),
                        strike.target() + " " + said,
                        begin,
                        chaos.recorder().nanos());
        synchronized (counts) {
            counts.merge(strike.kind(), 1, Integer::sum);
        }
    }

    private void awaitReady() throws InterruptedException {
        for (String node : cluster.names()) {
            if (!await(() -> chaos.http().page(cluster.node(node).url(), "/readyz") != null)) {
                chaos.violation(node + (cluster.node(node).isAlive() ? " is not ready" : " has ended")
                        + " although nothing is done to it");
            }
        }
    }

    private void awaitWrites() throws InterruptedException {
        long goal = chaos.timeline().writes() + WRITES_OF_RECOVERY;
        if (!await(() -> chaos.timeline().writes() >= goal)) {
            chaos.violation("nobody can write although nothing is done to the nodes");
        }
    }

    private void awaitEqual() {
        try {
            cluster.awaitCaughtUp();
        } catch (AssertionError | VarveException e) {
            chaos.violation("a node does not catch up although nothing is done to it: " + e.getMessage());
        }
    }

    /** Something that comes true by itself. */
    @FunctionalInterface
    private interface Hope {
        boolean fulfilled() throws InterruptedException;
    }

    /** False if it takes too long; there is no waiting any more once something was found. */
    private boolean await(Hope hope) throws InterruptedException {
        long end = chaos.recorder().nanos() + TimeUnit.SECONDS.toNanos(RECOVERY_SECONDS_MAX);
        while (!hope.fulfilled()) {
            if (!chaos.violations().isEmpty()) {
                return true;
            }
            if (chaos.recorder().nanos() > end) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }

    /** How often what happened. */
    Map<String, Integer> counts() {
        synchronized (counts) {
            return new TreeMap<>(counts);
        }
    }
}
