package dev.varve.bench.peers;

import java.util.List;

/**
 * Some clients, each with one request at a time.
 *
 * @param operation what they ask
 * @param clients how many connections
 */
record Workload(Operation operation, int clients) {

    /** In the order of a round: reads come after writes, as in life, and the largest writes last. */
    static final List<Workload> ALL = List.of(
            new Workload(Operation.PUT, 1),
            new Workload(Operation.PUT, 64),
            new Workload(Operation.PUT, 256),
            new Workload(Operation.GET, 64),
            new Workload(Operation.RANGE, 64),
            new Workload(Operation.BATCH, 64));

    /** As on the command line: {@code put-64}. */
    String id() {
        return operation + "-" + clients;
    }

    /** As in the report. */
    String title() {
        String what = switch (operation) {
            case PUT -> "durable put";
            case GET -> "get";
            case RANGE -> "range of 100";
            case BATCH -> "durable batch of 100";
        };
        return what + ", " + clients + (clients == 1 ? " client" : " clients");
    }
}
