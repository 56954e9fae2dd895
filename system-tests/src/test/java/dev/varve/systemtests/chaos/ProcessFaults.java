package dev.varve.systemtests.chaos;

import dev.varve.systemtests.ClusterProcesses;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/** What happens to a process. */
final class ProcessFaults {

    private final ClusterProcesses cluster;

    ProcessFaults(ClusterProcesses cluster) {
        this.cluster = cluster;
    }

    Map<String, Fault> all() {
        return new TreeMap<>(Map.of(
                "kill",
                (target, hold, random) -> {
                    cluster.node(target).kill();
                    LockSupport.parkNanos(hold);
                    cluster.node(target).launch();
                    return "";
                },
                "kill-all",
                (target, hold, random) -> {
                    cluster.names().forEach(node -> cluster.node(node).kill());
                    for (String node : cluster.names()) {
                        cluster.node(node).launch();
                    }
                    return "";
                },
                "kill-twice",
                (target, hold, random) -> {
                    cluster.node(target).kill();
                    cluster.node(target).launch();
                    LockSupport.parkNanos(hold); // Perhaps in the middle of its start.
                    cluster.node(target).kill();
                    cluster.node(target).launch();
                    return "";
                },
                "stop",
                (target, hold, random) -> {
                    int exit = cluster.node(target).stop();
                    LockSupport.parkNanos(hold);
                    cluster.node(target).launch();
                    if (exit != 0) {
                        throw new IllegalStateException("it ended with " + exit);
                    }
                    return "";
                },
                "pause",
                (target, hold, random) -> {
                    cluster.signal(target, "STOP");
                    LockSupport.parkNanos(hold);
                    cluster.signal(target, "CONT");
                    return "";
                }));
    }
}
