package dev.varve.bench.peers;

import java.util.Set;

/**
 * A server by one of its interfaces.
 *
 * @param name as in the report
 * @param operations what it takes
 * @param load asks it
 */
record Contender(String name, Set<Operation> operations, Load load) {

    static final String VARVE = "Varve";
    static final String ETCD_GRPC = "etcd, gRPC";
    static final String ETCD_JSON = "etcd, JSON";
    static final String NETTY = "bare Netty";

    /** Puts load on a server. */
    @FunctionalInterface
    interface Load {
        /**
         * Runs one workload.
         *
         * @throws dev.varve.cli.Failure if a request failed, or the generator
         */
        Sample run(Workload workload, int seconds);
    }
}
