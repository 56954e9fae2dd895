package dev.varve.systemtests.chaos;

import dev.varve.testkit.network.Conditions;
import dev.varve.testkit.network.FaultProxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/** What happens to the network between the nodes, and between them and clients. */
final class NetworkFaults {

    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private final FaultNetwork network;
    private final List<String> nodes;

    NetworkFaults(FaultNetwork network, List<String> nodes) {
        this.network = network;
        this.nodes = nodes;
    }

    Map<String, Fault> all() {
        Map<String, Fault> faults = new TreeMap<>();
        faults.put("isolate", (target, hold, random) -> isolate(target, hold));
        faults.put("isolate-reset", (target, hold, random) -> refuse(target, others(target), hold));
        faults.put("one-way-in", (target, hold, random) -> directed(target, hold, false, Conditions.CUT));
        faults.put("one-way-out", (target, hold, random) -> directed(target, hold, true, Conditions.CUT));
        faults.put("silence", this::silence);
        faults.put("bridge", this::bridge);
        faults.put("flap", this::flap);
        faults.put("delay", this::delay);
        faults.put("loss", this::loss);
        faults.put(
                "slow-link",
                (target, hold, random) -> both(target, hold, Conditions.slow(20_000L + random.nextInt(200_000))));
        faults.put(
                "duplicate",
                (target, hold, random) -> both(target, hold, Conditions.repeating(0.1 + 0.4 * random.nextDouble())));
        faults.put("clients", this::clients);
        return faults;
    }

    private List<String> others(String target) {
        return nodes.stream().filter(node -> !node.equals(target)).toList();
    }

    private String isolate(String target, long hold) {
        return both(target, hold, Conditions.CUT);
    }

    private String both(String target, long hold, Conditions conditions) {
        others(target).forEach(other -> network.between(target, other, conditions));
        LockSupport.parkNanos(hold);
        others(target).forEach(other -> network.between(target, other, Conditions.GOOD));
        return conditions.equals(Conditions.CUT) ? "" : conditions.toString();
    }

    private String refuse(String target, List<String> others, long hold) {
        others.forEach(other -> network.refuse(target, other, true));
        LockSupport.parkNanos(hold);
        others.forEach(other -> network.refuse(target, other, false));
        return "from " + others;
    }

    private String silence(String target, long hold, RandomGenerator random) {
        others(target).forEach(other -> network.silence(target, other));
        LockSupport.parkNanos(hold);
        return "";
    }

    /** The target can send and not receive, or receive and not send. */
    private String directed(String target, long hold, boolean out, Conditions conditions) {
        set(target, out, conditions);
        LockSupport.parkNanos(hold);
        set(target, out, Conditions.GOOD);
        return "";
    }

    private void set(String target, boolean out, Conditions conditions) {
        for (String other : others(target)) {
            network.directed(out ? target : other, out ? other : target, conditions);
        }
    }

    /** The others do not see each other; all see the target. */
    private String bridge(String target, long hold, RandomGenerator random) {
        setAmong(others(target), Conditions.CUT);
        LockSupport.parkNanos(hold);
        setAmong(others(target), Conditions.GOOD);
        return "";
    }

    private void setAmong(List<String> some, Conditions conditions) {
        for (int i = 0; i < some.size(); i++) {
            for (int j = 0; j < i; j++) {
                network.between(some.get(i), some.get(j), conditions);
            }
        }
    }

    private String flap(String target, long hold, RandomGenerator random) {
        int times = 3 + random.nextInt(6);
        for (int i = 0; i < times; i++) {
            List<String> others = new ArrayList<>(others(target));
            if (random.nextBoolean()) {
                others.remove(random.nextInt(others.size()));
            }
            if (random.nextBoolean()) {
                refuse(target, others, hold / times / 2);
            } else {
                others.forEach(other -> network.between(target, other, Conditions.CUT));
                LockSupport.parkNanos(hold / times / 2);
                others.forEach(other -> network.between(target, other, Conditions.GOOD));
            }
            LockSupport.parkNanos(hold / times / 2);
        }
        return times + " times";
    }

    private String delay(String target, long hold, RandomGenerator random) {
        return both(target, hold, Conditions.delayed((5 + random.nextInt(200)) * MILLI, 50 * MILLI));
    }

    private String loss(String target, long hold, RandomGenerator random) {
        return both(target, hold, Conditions.resetting(0.005 + 0.05 * random.nextDouble()));
    }

    private String clients(String target, long hold, RandomGenerator random) {
        FaultProxy front = network.front(target);
        Conditions conditions = switch (random.nextInt(3)) {
            case 0 -> Conditions.CUT;
            case 1 -> Conditions.resetting(0.1);
            default -> Conditions.delayed(100 * MILLI, 100 * MILLI);
        };
        front.set(conditions);
        LockSupport.parkNanos(hold);
        front.set(Conditions.GOOD);
        return conditions.toString();
    }
}
