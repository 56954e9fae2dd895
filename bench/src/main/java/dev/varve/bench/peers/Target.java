package dev.varve.bench.peers;

import java.util.List;

/**
 * What Varve aims at.
 *
 * @param workload the load
 * @param yardstick against what, as in the report
 * @param baselines what counts as the yardstick: of several the fastest
 * @param least the ratio to reach
 */
record Target(Workload workload, String yardstick, List<String> baselines, double least) {

    static final List<Target> ALL = List.of(
            new Target(
                    new Workload(Operation.PUT, 1),
                    "append + fdatasync, " + DiskYardstick.PREALLOCATED.title(),
                    List.of(DiskYardstick.PREALLOCATED.title()),
                    0.9),
            new Target(new Workload(Operation.PUT, 64), "etcd", List.of(Contender.ETCD_GRPC, Contender.ETCD_JSON), 2),
            new Target(new Workload(Operation.GET, 64), "bare Netty", List.of(Contender.NETTY), 0.5));

    /** As in the report. */
    String title() {
        return workload.title() + " / " + yardstick;
    }
}
